"""Picks from a full set of image goldens (made by images.py) the part that the repository's tests use.

Usage: select_images.py FULL_SET OUT   (needs numpy and safetensors)
"""
import json
import os
import shutil
import sys

from safetensors.numpy import load_file, save_file

full, out = sys.argv[1:3]
read = lambda stem: json.load(open(f"{full}/{stem}.json"))
files = set()
NOTE = """- This is the part of the set that the tests use (make/select_images.py). On **resize**: Pillow 13.0 goes vertically first
  where the height loses more than twice the pixels that the width does; otherwise horizontally first, as before.
"""


def keep(stem, entries, keys):
    meta, tensors = read(stem), load_file(f"{full}/{stem}.safetensors")
    save_file({k: tensors[k] for k in sorted(keys)}, f"{out}/{stem}.safetensors")
    os.chmod(f"{out}/{stem}.safetensors", 0o644)
    meta["entries"] = entries
    json.dump(meta, open(f"{out}/{stem}.json", "w"), indent=0, ensure_ascii=False)


def main():
    os.makedirs(out, exist_ok=True)
    notes = open(f"{full}/NOTES.md").read()
    open(f"{out}/NOTES.md", "w").write(notes + NOTE)

    fields = ("rgb", "rgba", "rgb_on_white", "rgb_exif_transposed", "frame1")
    small_rest = lambda e: e["format"] not in ("BMP", "TIFF") or e["file"].split("/")[1].startswith(
        ("bmp_1bit", "bmp_palette", "bmp_rgba", "tiff_lzw", "tiff_jpeg", "tiff_gray16", "tiff_g4", "tiff_cmyk", "tiff_float",
         "tiff_orient8"))
    entries = [e for e in read("decoded")["entries"] if e["bytes"] < 9000 and small_rest(e)]
    for e in entries:
        e.pop("native", None)
    keys = {e[f]["key"] for e in entries for f in fields if f in e and e[f]["key"]}
    keep("decoded", entries, keys)
    files.update(e["file"] for e in entries)

    entries = read("bad")["entries"]
    keep("bad", entries, {e["key"] for e in entries if "key" in e})
    files.update(e["file"] for e in entries)

    small = lambda e: "in_wh" not in e or max(e["in_wh"]) < 600
    entries = [e for e in read("resize")["entries"] if small(e) and e.get("in_wh") != [224, 224]]
    keep("resize", entries, {e["key"] for e in entries})
    files.update(e["input"].split(" ")[0] for e in entries if e["input"].startswith("base/"))
    shutil.copy(f"{full}/resize_inputs_f.safetensors", f"{out}/resize_inputs_f.safetensors")

    def wanted(e):
        big = any(s in e["input"] for s in ("224x224", "225x224", "640x427"))
        return "key" in e and not big and e["processor"] not in ("blip", "chinese_clip_square")

    entries = [e for e in read("processors")["entries"] if wanted(e)]
    keep("processors", entries, {e["key"] for e in entries})
    files.update(e["input"] for e in entries)
    files.update(e["config"] for e in entries if "config" in e)

    entries = [e for e in read("augment")["entries"] if not e["op"].endswith("_big")]
    keep("augment", entries, {e["key"] for e in entries})
    files.update(e["input"] for e in entries)

    hashes = read("hashes")
    hashes["entries"] = [e for e in hashes["entries"] if e["file"] in files]
    json.dump(hashes, open(f"{out}/hashes.json", "w"), indent=0)

    for name in sorted(files):
        os.makedirs(os.path.dirname(f"{out}/{name}"), exist_ok=True)
        shutil.copyfile(f"{full}/{name}", f"{out}/{name}")


main()
