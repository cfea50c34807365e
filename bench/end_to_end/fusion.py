"""Fusion of modalities against the best one alone, by the program's own commands:
    bench/end_to_end/fusion.py BIN_FOLDER WORK_FOLDER --pictures RESNET_FOLDER --texts MINILM_FOLDER [--esc10 FOLDER] [--seeds 5]

stamps: which of the folders (animals, food, ...; those with at least 20 items) a stamp of Debian's tuxpaint-stamps-default is in, from its
picture (ImageNet ResNet-50, 128 principal components), its description in one language (MiniLM) and that description spoken (mean log-mel spectrum of each quarter).
esc10: the class of a clip, from its mean spectrum and from the rhythm of its loudness.

Every item is judged, each by models that never saw it or anything nearly equal to it: the stamps in five parts, dealt anew for each seed (near
duplicates in one part), ESC-10 in its own folds. Early and late fusion are `sensorium fuse`, whose penalties are chosen by folds of the training
items; networks are `sensorium train classifier`, stopped by validation items out of the training parts. Nothing is chosen on a judged item, but
for which single modality is the best one: that is done on the judged items and so in its favour. Prints tables (accuracy in %, with the interval
over seeds; the gain over the best single modality with a bootstrap interval over items, resampled with their near duplicates, each item's
outcome averaged over seeds; the accuracy with each modality missing at test); writes results.json, fusion_SET.svg, and for each seed and method
a file for `sensorium evaluate compare`, whose McNemar test of seed 0 is printed too."""
import argparse, collections, csv, json, math, pathlib, random, statistics, struct, subprocess, sys

FUSIONS = ("gated", "tensor", "attention", "concatenate")
T95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}
PARTS, BOOTSTRAP = 5, 2000


def run(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stderr}")
    return done.stdout


class Rows:
    """Float32 rows of a .npy file; None: the item lacks them."""

    def __init__(self, path):
        data = pathlib.Path(path).read_bytes()
        size = int.from_bytes(data[8:10], "little")
        n, self.width = eval(data[10:10 + size].decode())["shape"]
        body = data[10 + size:]
        self.rows = [body[4 * self.width * i:4 * self.width * (i + 1)] for i in range(n)]

    def write(self, path, wanted):
        nothing = struct.pack("<f", float("nan")) * self.width
        head = repr({"descr": "<f4", "fortran_order": False, "shape": (len(wanted), self.width)})
        head += " " * (63 - (10 + len(head)) % 64) + "\n"
        with open(path, "wb") as f:
            f.write(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode())
            for i in wanted:
                f.write(nothing if i is None else self.rows[i])


Items = collections.namedtuple("Items", "labels groups views folds")  # folds: None, or the set's own


def place_view(work, name, made, has):
    """NAME.npy with a row an item out of rows for those that have the view."""
    at, wanted = 0, []
    for there in has:
        wanted.append(at if there else None)
        at += there
    Rows(made).write(work / f"{name}.npy", wanted)


def stamps(args, work):
    data = work / "data"
    if not (data / "manifest.json").exists():
        run(args.bin / "sensorium", "data", "prepare", "tuxpaint", "--out", data)
    records = [json.loads(line) for line in (data / "records.jsonl").read_text().splitlines()]
    count = collections.Counter(r["tags"][0] for r in records if r.get("tags"))
    records = [r for r in records if r.get("tags") and count[r["tags"][0]] >= 20]
    texts = [next((c["text"] for c in r.get("captions", []) if c["language"] == args.language), "") for r in records]
    voices = [next((a["path"] for a in r.get("audio", []) if a["kind"] == "speech" and a.get("language") == args.voice), "") for r in records]
    if not (work / "all.npy").exists():
        run(args.bin / "sensorium", "embed", "--model", args.pictures, "--data", data, "--output", work / "all.npy")
    at = {name: i for i, name in enumerate((work / "all.ids.txt").read_text().splitlines())}
    Rows(work / "all.npy").write(work / "picture.npy", [at[r["id"]] for r in records])
    if not (work / "voice.npy").exists():
        (work / "voices.txt").write_text("".join(v + "\n" for v in voices))
        run(args.bin / "bench_sound_features", work / "voices.txt", work / "voice.npy", "course")
    lines = "".join(t + "\n" for t in texts if t)
    if not (work / "text.npy").exists() or (work / "texts.txt").read_text() != lines:
        (work / "texts.txt").write_text(lines)
        run(args.bin / "sensorium", "embed", "--threads", 1, "--model", args.texts, "--texts", work / "texts.txt", "--output", work / "some.npy")
        place_view(work, "text", work / "some.npy", [bool(t) for t in texts])
    print(f"stamps: {sum(map(bool, texts))} have a description ({args.language}), {sum(map(bool, voices))} a recording ({args.voice})")
    return Items([r["tags"][0] for r in records], [r.get("group", r["id"]) for r in records], ["picture", "text", "voice"], None)


def esc10(args, work):
    with open(args.esc10 / "esc10.csv") as f:
        rows = list(csv.DictReader(f))
    (work / "sounds.txt").write_text("".join(f"{next(args.esc10.rglob(r['filename']))}\n" for r in rows))
    for view in ("spectrum", "rhythm"):
        if not (work / f"{view}.npy").exists():
            run(args.bin / "bench_sound_features", work / "sounds.txt", work / f"{view}.npy", view)
    return Items([r["category"] for r in rows], [r["filename"].split("-")[1] for r in rows], ["spectrum", "rhythm"], [r["fold"] for r in rows])


def deal(items, rows, parts, seed):
    """A part for each row: groups stay together, classes are spread evenly."""
    members = collections.defaultdict(list)
    for i in rows:
        members[items.groups[i]].append(i)
    order = sorted(members)
    random.Random(seed).shuffle(order)
    size, part = collections.Counter(), {}
    for g in order:
        label = items.labels[members[g][0]]
        k = min(range(parts), key=lambda p: (size[label, p], size[None, p]))
        for i in members[g]:
            part[i] = k
            size[items.labels[i], k] += 1
            size[None, k] += 1
    return part


def splits(items, seed):
    """(training, validation, test) rows of each part."""
    everything = range(len(items.labels))
    whole = deal(items, everything, PARTS, seed) if items.folds is None else dict(enumerate(items.folds))
    for p in sorted(set(whole.values())):
        rest = [i for i in everything if whole[i] != p]
        inner = deal(items, rest, 8, seed + 1000)
        yield [i for i in rest if inner[i] > 0], [i for i in rest if inner[i] == 0], [i for i in everything if whole[i] == p]


class Outcome:
    """What a method made of all items of a seed."""

    def __init__(self):
        self.lines, self.correct, self.without = {}, {}, collections.defaultdict(float)

    def add(self, path, test, without):
        with open(path) as f:
            self.header = json.loads(next(f))
            for i, line in zip(test, f):
                item = json.loads(line)
                item["id"] = str(i + 1)
                self.lines[i], self.correct[i] = item, item["figures"]["correct"]
        for k, accuracy in without.items():
            self.without[k] += accuracy * len(test)

    def write(self, path):
        path.write_text("".join(json.dumps(x) + "\n" for x in (self.header, *(self.lines[i] for i in sorted(self.lines)))))


def shortened(args, work, view, rows, training):
    """A view as rows and their file; a wide one as its principal components, those of the training items."""
    whole, short = work / f"{view}.npy", work / f"{view}_components.npy"
    if rows.width <= 1000:
        return rows, whole
    rows.write(work / "training.npy", training)
    run("rm", "-rf", work / "components")
    run(args.bin / "sensorium", "svd", work / "training.npy", "--centre", "--components", args.components, "--threads", 1, "--output", work / "components")
    run(args.bin / "sensorium", "svd", whole, "--model", work / "components", "--threads", 1, "--scores", short)
    return Rows(short), short


def fuse(args, work, views, method, seed):
    facts = json.loads(run(args.bin / "sensorium", "fuse", *(work / f"fit_{v}.npy" for v in views), "--labels", work / "fit.txt", "--test",
                           *(work / f"test_{v}.npy" for v in views), "--test-labels", work / "test.txt", "--method", method, "--items", work / "items.jsonl",
                           "--c", *args.c, "--folds", 3, "--seed", seed, "--threads", 1, "--json"))
    return dict(zip(views, facts.get("without", [])))


def network(args, work, table, views, seed, fusion="concatenate"):
    """`views`: name to .npy file."""
    run("rm", "-rf", work / "net")
    run(args.bin / "sensorium", "train", "classifier", "--data", table, "--out", work / "net", "--fusion", fusion, "--seed", seed, "--threads", 1,
        "--epochs", args.epochs, "--validate-every", 3, *args.network.split(), "--modality", *(f"{v}=features:{file}" for v, file in views.items()))
    accuracy = lambda *more: json.loads(run(args.bin / "sensorium", "train", "predict", "--model", work / "net" / "best", "--data", table,
                                            "--bootstrap", 2, "--json", *more))["acc1"]
    accuracy("--items", work / "items.jsonl")
    return {v: accuracy("--without", v) for v in views} if len(views) > 1 else {}


def one_seed(args, work, items, seed):
    whole = {v: Rows(work / f"{v}.npy") for v in items.views}
    found = collections.defaultdict(Outcome)
    for train, val, test in splits(items, seed):
        where = {**{i: "train" for i in train}, **{i: "val" for i in val}, **{i: "test" for i in test}}
        table = work / "items.csv"
        table.write_text("label,split\n" + "".join(f"{label},{where[i]}\n" for i, label in enumerate(items.labels)))
        tables, files = {}, {}
        for v in items.views:
            tables[v], files[v] = shortened(args, work, v, whole[v], sorted(train + val))
        for part, rows in (("fit", sorted(train + val)), ("test", test)):
            (work / f"{part}.txt").write_text("".join(items.labels[i] + "\n" for i in rows))
            for v in items.views:
                tables[v].write(work / f"{part}_{v}.npy", rows)
        for v in items.views:
            found[f"{v} alone, logistic"].add(work / "items.jsonl", test, fuse(args, work, [v], "early", seed))
        for method in args.methods:
            found[method].add(work / "items.jsonl", test, fuse(args, work, items.views, method, seed))
        if args.epochs:
            for v in items.views:
                found[f"{v} alone, network"].add(work / "items.jsonl", test, network(args, work, table, {v: files[v]}, seed))
            for fusion in args.fusions:
                found[fusion].add(work / "items.jsonl", test, network(args, work, table, files, seed, fusion))
    for key, outcome in found.items():
        outcome.write(stored(work, key, seed))
    print(f"seed {seed}: " + ", ".join(f"{k} {100 * statistics.mean(o.correct.values()):.1f}" for k, o in found.items()), file=sys.stderr, flush=True)
    return {k: {"correct": [o.correct[i] for i in range(len(items.labels))],
                "without": {v: 100 * a / len(items.labels) for v, a in o.without.items()}} for k, o in found.items()}


def stored(work, key, seed):
    return work / f"{key.replace(', ', '_').replace(' ', '_')}_{seed}.jsonl"


def vote(args, work, items, views, method):
    """Probabilities of all items, fused by `sensorium fuse`: as rows of the .npy file that it writes."""
    run(args.bin / "sensorium", "fuse", *(work / f"votes_{v}.csv" for v in views), "--method", method, "--output", work / "votes.npy")
    table = Rows(work / "votes.npy")
    return [struct.unpack(f"<{table.width}f", row) for row in table.rows]


def add_votes(args, work, items, seed, found):
    """Late fusion of the single classifiers' probabilities: their mean and their product, with nothing learnt."""
    for v in items.views:
        with open(stored(work, f"{v} alone, logistic", seed)) as f:
            header, lines = json.loads(next(f)), [json.loads(line) for line in f]
        (work / f"votes_{v}.csv").write_text("".join(",".join(map(repr, x["scores"])) + "\n" for x in lines))
    truth = [header["classes"].index(label) for label in items.labels]
    right = lambda rows: [float(row.index(max(row)) == t) for row, t in zip(rows, truth)]
    for name, method in (("mean of probabilities", "soft"), ("product of probabilities", "product")):
        rows = vote(args, work, items, items.views, method)
        outcome = Outcome()
        outcome.header = header
        for i, (row, correct) in enumerate(zip(rows, right(rows))):
            outcome.lines[i] = {**lines[i], "scores": row, "figures": {"correct": correct}}
        outcome.write(stored(work, name, seed))
        found[name] = {"correct": right(rows), "without": {v: 100 * statistics.mean(right(vote(args, work, items, [w for w in items.views if w != v], method)))
                                                           for v in items.views}}


def interval(values):
    half = T95[len(values)] * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0
    return statistics.mean(values), half


def accuracies(runs, key):
    return [100 * statistics.mean(r[key]["correct"]) for r in runs]


def gain(runs, items, key, best):
    """Mean difference, and its bootstrap interval over groups of items."""
    groups = collections.defaultdict(lambda: [0.0, 0])
    for i, g in enumerate(items.groups):
        groups[g][0] += 100 * statistics.mean(r[key]["correct"][i] - r[best]["correct"][i] for r in runs)
        groups[g][1] += 1
    pool, rng = list(groups.values()), random.Random(0)

    def mean(sample):
        return sum(s for s, _ in sample) / sum(n for _, n in sample)
    again = sorted(mean(rng.choices(pool, k=len(pool))) for _ in range(BOOTSTRAP))
    return mean(pool), again[int(0.025 * BOOTSTRAP)], again[int(0.975 * BOOTSTRAP)]


def mcnemar(args, work, key, best):
    """p of seed 0, by the program."""
    facts = json.loads(run(args.bin / "sensorium", "evaluate", "compare", stored(work, key, 0), stored(work, best, 0), "--json"))
    return facts["figures"]["correct"]["mcnemar"]["exact_p"]


def draw(path, rows, best):
    """Bars with intervals; a line at the best single modality."""
    low = max(0, min(m - h for _, m, h in rows) - 3)
    x = lambda v: 190 + 400 * (v - low) / (101 - low)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="{30 + 22 * len(rows)}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>']
    for i, (name, mean, half) in enumerate(rows):
        y = 14 + 22 * i
        out.append(f'<text x="182" y="{y + 12}" text-anchor="end">{name}</text>'
                   f'<rect x="190" y="{y}" width="{x(mean) - 190:.1f}" height="15" fill="{"#9bb" if "alone" in name else "#269"}"/>'
                   f'<path d="M{x(mean - half):.1f} {y + 7}H{x(min(100, mean + half)):.1f}" stroke="black"/>'
                   f'<text x="{x(min(100, mean + half)) + 4:.1f}" y="{y + 12}">{mean:.1f}</text>')
    out.append(f'<path d="M{x(best):.1f} 8V{20 + 22 * len(rows)}" stroke="#c33" stroke-dasharray="4 3"/></svg>')
    path.write_text("\n".join(out) + "\n")


def experiment(args, name, make):
    work = args.work / name
    work.mkdir(parents=True, exist_ok=True)
    items = make(args, work)
    print(f"\n{name}: {len(items.labels)} items in {len(set(items.groups))} groups, {len(set(items.labels))} classes "
          f"({100 * max(collections.Counter(items.labels).values()) / len(items.labels):.1f} % in the largest), {args.seeds} seeds", flush=True)
    runs = []
    for seed in args.only or range(args.seeds):
        kept = work / f"seed_{seed}.json"
        if not kept.exists():
            kept.write_text(json.dumps(one_seed(args, work, items, seed)))
        runs.append(json.loads(kept.read_text()))
        add_votes(args, work, items, seed, runs[-1])
    best = max((k for k in runs[0] if "alone" in k), key=lambda k: statistics.mean(accuracies(runs, k)))
    rows = []
    print(f"| | accuracy | more than {best} | McNemar, seed 0 | " + " | ".join(f"without {v}" for v in items.views) + " |\n" + "|---" * (4 + len(items.views)) + "|")
    for key in runs[0]:
        mean, half = interval(accuracies(runs, key))
        rows.append((key, mean, half))
        cells = [f"{mean:.1f} ± {half:.1f}", "", ""]
        if key != best:
            cells[1:] = ["{:+.1f} [{:+.1f}, {:+.1f}]".format(*gain(runs, items, key, best)), f"{mcnemar(args, work, key, best):.2g}"]
        cells += [f"{statistics.mean(r[key]['without'][v] for r in runs):.1f}" if runs[0][key]["without"] else "" for v in items.views]
        print(f"| {key} | " + " | ".join(cells) + " |")
    draw(args.work / f"fusion_{name}.svg", rows, statistics.mean(accuracies(runs, best)))
    return {"items": len(items.labels), "views": items.views, "best": best, "accuracies": {k: accuracies(runs, k) for k in runs[0]}}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("bin", type=lambda s: pathlib.Path(s).resolve())
    p.add_argument("work", type=lambda s: pathlib.Path(s).resolve())
    p.add_argument("--pictures", required=True, help="picture encoder (sensorium convert of an ImageNet ResNet-50)")
    p.add_argument("--texts", required=True, help="sentence encoder (MiniLM)")
    p.add_argument("--language", default="fr", help="of the descriptions")
    p.add_argument("--voice", default="fr", help="of the recordings")
    p.add_argument("--esc10", type=pathlib.Path)
    p.add_argument("--sets", nargs="*", default=["stamps", "esc10"])
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--only", nargs="*", type=int, help="work out these seeds alone, to be put together later")
    p.add_argument("--components", type=int, default=128, help="principal components of views of more than 1000 columns, of the training items")
    p.add_argument("--methods", nargs="*", default=["early", "late", "stacking"])
    p.add_argument("--fusions", nargs="*", default=FUSIONS)
    p.add_argument("--epochs", type=int, default=24, help="of the networks; 0: none")
    p.add_argument("--network", default="", help="more options of `sensorium train classifier`")
    p.add_argument("--c", nargs="*", default=["1e-3", "3e-3", "0.01", "0.03", "0.1"], help="penalties that the folds choose from")
    args = p.parse_args()
    results = {}
    if "stamps" in args.sets:
        results["stamps"] = experiment(args, "stamps", stamps)
    if "esc10" in args.sets and args.esc10:
        results["esc10"] = experiment(args, "esc10", esc10)
    (args.work / "results.json").write_text(json.dumps(results, indent=1) + "\n")


main()
