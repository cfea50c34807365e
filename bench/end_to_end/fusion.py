"""Fusion of modalities against the best one alone, five seeds, on the Debian stamps (picture, text, spoken description) and, where it
is given, on ESC-10 (two views of its sounds):
    bench/end_to_end/fusion.py BIN_FOLDER WORK_FOLDER --pictures RESNET_FOLDER --texts MINILM_FOLDER [--esc10 FOLDER] [--seeds 5]
Each seed deals the items anew (60 % training, 20 % validation, 20 % test, by class) and starts the networks anew. Early and late fusion are
`sensorium fuse` (logistic regression, which is
fitted on training and validation together), the networks `sensorium train classifier`. Writes results.json and fusion_SET.svg to WORK_FOLDER and
prints tables: accuracy in % with a 95 % interval over the seeds (Student's t), and of the difference to the best single modality."""
import argparse, csv, json, math, pathlib, random, statistics, subprocess, sys

FUSIONS = ("concatenate", "gated", "tensor", "attention")
T95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}


def run(*words, text=None):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, input=text)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stderr}")
    return done.stdout


def npy(path):
    """A float32 matrix of a .npy file: shape and bytes."""
    data = pathlib.Path(path).read_bytes()
    size = int.from_bytes(data[8:10], "little")
    shape = eval(data[10:10 + size].decode())["shape"]
    return shape, data[10 + size:]


def take(path, rows, out):
    (n, width), body = npy(path)
    head = repr({"descr": "<f4", "fortran_order": False, "shape": (len(rows), width)})
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    with open(out, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode())
        for i in rows:
            f.write(body[4 * width * i:4 * width * (i + 1)])


def stamps(args, work):
    """Items of the stamps: class = the folder below stamps/, of those with at least 20."""
    root = pathlib.Path(args.stamps)
    items = []
    for text in sorted(root.rglob("*.txt")):
        stem = text.with_suffix("")
        picture = next((stem.with_suffix(e) for e in (".png", ".svg") if stem.with_suffix(e).exists()), None)
        if picture is None or picture.suffix != ".png":
            continue
        words = text.read_text(errors="replace").split("\n")[0].strip()
        voice = stem.parent / f"{stem.name}_desc_{args.language}.ogg"
        items.append((stem.relative_to(root).parts[0], str(picture), words, str(voice) if voice.exists() else ""))
    count = {c: sum(i[0] == c for i in items) for c, *_ in items}
    items = [i for i in items if count[i[0]] >= 20 and i[2]]
    (work / "pictures.txt").write_text("".join(i[1] + "\n" for i in items))
    (work / "texts.txt").write_text("".join(i[2] + "\n" for i in items))
    (work / "voices.txt").write_text("".join(i[3] + "\n" for i in items))
    embed = args.bin / "sensorium"
    run(embed, "embed", "--model", args.pictures, "--stdin", "--stdin-kind", "paths", "--output", work / "picture.npy",
        text=(work / "pictures.txt").read_text())
    run(embed, "embed", "--model", args.texts, "--texts", work / "texts.txt", "--output", work / "text.npy")
    run(args.bin / "bench_sound_features", work / "voices.txt", work / "voice.npy")
    return [i[0] for i in items], ["picture", "text", "voice"]


def esc10(args, work):
    with open(args.esc10 / "esc10.csv") as f:
        rows = list(csv.DictReader(f))
    paths = [next(args.esc10.rglob(r["filename"])) for r in rows]
    (work / "sounds.txt").write_text("".join(f"{p}\n" for p in paths))
    run(args.bin / "bench_sound_features", work / "sounds.txt", work / "all.npy")
    (n, width), body = npy(work / "all.npy")
    mean = width * 4 // 5  # the spectrum of each quarter; then deviations
    for name, first, last in (("spectrum", 0, mean), ("variation", mean, width)):
        head = repr({"descr": "<f4", "fortran_order": False, "shape": (n, last - first)})
        head += " " * (63 - (10 + len(head)) % 64) + "\n"
        with open(work / f"{name}.npy", "wb") as f:
            f.write(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode())
            for i in range(n):
                f.write(body[4 * (width * i + first):4 * (width * i + last)])
    return [r["category"] for r in rows], ["spectrum", "variation"]


def deal(labels, seed):
    split, at = [""] * len(labels), {}
    order = list(range(len(labels)))
    random.Random(seed).shuffle(order)
    for i in order:
        k = at[labels[i]] = at.get(labels[i], -1) + 1
        split[i] = ("train", "train", "train", "val", "test")[k % 5]
    return split


def predict(args, model, table, without=()):
    words = [args.bin / "sensorium", "train", "predict", "--model", model, "--data", table, "--json", "--bootstrap", 2]
    return 100 * json.loads(run(*words, *(("--without", *without) if without else ())))["acc1"]


def network(args, work, table, views, seed, fusion="concatenate"):
    out = work / f"net_{seed}_{'-'.join(views)}_{fusion}"
    run(args.bin / "sensorium", "train", "classifier", "--data", table, "--out", out, "--fusion", fusion, "--seed", seed, "--threads", 1,
        "--epochs", args.epochs, "--validate-every", 5, "--modality", *(f"{v}=features:{work / v}.npy" for v in views))
    return out / "best"


def fuse(args, work, views, method, seed):
    return json.loads(run(args.bin / "sensorium", "fuse", *(work / f"fit_{v}.npy" for v in views), "--labels", work / "fit.txt", "--test",
                          *(work / f"test_{v}.npy" for v in views), "--test-labels", work / "test.txt", "--method", method,
                          "--c", args.c, "--seed", seed, "--threads", 1, "--json"))


def one_seed(args, work, labels, views, seed):
    split = deal(labels, seed)
    table = work / f"items_{seed}.csv"
    table.write_text("label,split\n" + "".join(f"{l},{s}\n" for l, s in zip(labels, split)))
    for part, wanted in (("fit", ("train", "val")), ("test", ("test",))):
        rows = [i for i, s in enumerate(split) if s in wanted]
        (work / f"{part}.txt").write_text("".join(labels[i] + "\n" for i in rows))
        for v in views:
            take(work / f"{v}.npy", rows, work / f"{part}_{v}.npy")
    found = {}
    for v in views:
        found[f"{v} alone, logistic"] = [100 * fuse(args, work, [v], "early", seed)["accuracy"]]
        found[f"{v} alone, network"] = [predict(args, network(args, work, table, [v], seed), table)]
    for method in ("early", "late", "stacking"):
        facts = fuse(args, work, views, method, seed)
        found[method] = [100 * facts["accuracy"], *(100 * a for a in facts["without"])]
    for fusion in FUSIONS:
        model = network(args, work, table, views, seed, fusion)
        found[fusion] = [predict(args, model, table), *(predict(args, model, table, [v]) for v in views)]
    return found


def interval(values):
    half = T95[len(values)] * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0
    return statistics.mean(values), half


def draw(path, rows, best):
    """Bars with intervals; a line at the best single modality."""
    low = min(m - h for _, m, h in rows) - 3
    x = lambda v: 190 + 400 * (v - low) / (101 - low)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="{30 + 22 * len(rows)}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>']
    for i, (name, mean, half) in enumerate(rows):
        y = 14 + 22 * i
        out.append(f'<text x="182" y="{y + 11}" text-anchor="end">{name}</text>'
                   f'<rect x="190" y="{y}" width="{x(mean) - 190:.1f}" height="15" fill="{"#9bb" if "alone" in name else "#269"}"/>'
                   f'<path d="M{x(mean - half):.1f} {y + 7}H{x(min(100, mean + half)):.1f}" stroke="black"/>'
                   f'<text x="{x(min(100, mean + half)) + 4:.1f}" y="{y + 11}">{mean:.1f}</text>')
    out.append(f'<path d="M{x(best):.1f} 8V{20 + 22 * len(rows)}" stroke="#c33" stroke-dasharray="4 3"/></svg>')
    path.write_text("\n".join(out) + "\n")


def experiment(args, name, make):
    work = args.work / name
    work.mkdir(parents=True, exist_ok=True)
    labels, views = make(args, work)
    print(f"\n{name}: {len(labels)} items, {len(set(labels))} classes, {args.seeds} seeds")
    runs = [one_seed(args, work, labels, views, s) for s in range(args.seeds)]
    best = {kind: max((interval([r[f"{v} alone, {kind}"][0] for r in runs])[0], f"{v} alone, {kind}") for v in views)[1]
            for kind in ("logistic", "network")}
    strongest = max(best.values(), key=lambda b: statistics.mean(r[b][0] for r in runs))
    rows = []
    print(f"| | accuracy | more than {strongest} | " + " | ".join(f"without {v}" for v in views) + " |\n" + "|---" * (3 + len(views)) + "|")
    for key in sorted(runs[0], key=lambda k: ("alone" not in k, "network" in k or k in FUSIONS)):
        mean, half = interval([r[key][0] for r in runs])
        rows.append((key, mean, half))
        gain, gain_half = interval([r[key][0] - r[strongest][0] for r in runs])
        cells = [f"{mean:.1f} ± {half:.1f}", "" if key == strongest else f"{gain:+.1f} ± {gain_half:.1f}"]
        cells += [f"{interval([r[key][1 + k] for r in runs])[0]:.1f}" if len(runs[0][key]) > 1 else "" for k in range(len(views))]
        print(f"| {key} | " + " | ".join(cells) + " |")
    draw(args.work / f"fusion_{name}.svg", rows, statistics.mean(r[strongest][0] for r in runs))
    return {"items": len(labels), "views": views, "runs": runs}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("bin", type=lambda s: pathlib.Path(s).resolve())
    p.add_argument("work", type=lambda s: pathlib.Path(s).resolve())
    p.add_argument("--pictures", required=True, help="picture encoder (sensorium convert of an ImageNet ResNet-50)")
    p.add_argument("--texts", required=True, help="sentence encoder (MiniLM)")
    p.add_argument("--stamps", default="/usr/share/tuxpaint/stamps")
    p.add_argument("--language", default="fr", help="of the spoken descriptions")
    p.add_argument("--esc10", type=pathlib.Path)
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--epochs", type=int, default=30)
    p.add_argument("--c", type=float, default=0.03, help="of the logistic classifiers")
    args = p.parse_args()
    results = {"stamps": experiment(args, "stamps", stamps)}
    if args.esc10:
        results["esc10"] = experiment(args, "esc10", esc10)
    (args.work / "results.json").write_text(json.dumps(results, indent=1) + "\n")


main()
