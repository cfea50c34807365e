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
    entries = [e for e in read("decoded")["entries"] if e["format"] in ("JPEG", "PNG", "WEBP") and e["bytes"] < 6000]
    keys = {e[f]["key"] for e in entries for f in fields if f in e and e[f]["key"]}
    keep("decoded", entries, keys)
    files.update(e["file"] for e in entries)

    kinds = (".jpg", ".png", ".webp")
    entries = [e for e in read("bad")["entries"] if e["file"].endswith(kinds) or e["file"].endswith("named.gif")]
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

    ops = ("enhance_brightness", "enhance_contrast", "enhance_color", "hflip", "crop_outside", "crop_then_resize_bicubic")
    entries = [e for e in read("augment")["entries"] if e["op"] in ops]
    keep("augment", entries, {e["key"] for e in entries})
    files.update(e["input"] for e in entries)

    for name in sorted(files):
        os.makedirs(os.path.dirname(f"{out}/{name}"), exist_ok=True)
        shutil.copyfile(f"{full}/{name}", f"{out}/{name}")


main()
