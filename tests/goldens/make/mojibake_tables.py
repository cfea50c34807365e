"""Prints sensorium/text/mojibake_tables.cpp from the published data of ftfy 6.3.1 and Python's codecs.
Usage: mojibake_tables.py > sensorium/text/mojibake_tables.cpp, then clang-format."""
import re
from ftfy import bad_codecs
from ftfy.badness import MOJIBAKE_CATEGORIES
from ftfy.chardata import CHARMAP_ENCODINGS, UTF8_CLUES

bad_codecs.ok()
NAMES = {"common": "kCommon", "c1": "kC1", "bad": "kBad", "law": "kLaw", "currency": "kCurrency",
         "start_punctuation": "kStart", "end_punctuation": "kEnd", "numeric": "kNumeric", "kaomoji": "kKaomoji",
         "upper_accented": "kUpperAccented", "lower_accented": "kLowerAccented", "upper_common": "kUpperCommon",
         "lower_common": "kLowerCommon", "box": "kBox", "utf8_first_of_2": "kFirstOf2",
         "utf8_first_of_3": "kFirstOf3", "utf8_first_of_4": "kFirstOf4", "utf8_continuation": "kContinuation",
         "utf8_continuation_strict": "kContinuationStrict"}
ORDER = list(NAMES)  # as the enumerators stand in mojibake_tables.h
CLASSES = MOJIBAKE_CATEGORIES | UTF8_CLUES
assert set(CLASSES) == set(NAMES)
members = {k: re.compile(f"[{v}]") for k, v in CLASSES.items()}
ranges = []
for c in range(0x10000):
    if 0xD800 <= c < 0xE000:
        continue
    mask = sum(1 << i for i, k in enumerate(ORDER) if members[k].match(chr(c)))
    if not mask:
        continue
    if ranges and ranges[-1][1] == c - 1 and ranges[-1][2] == mask:
        ranges[-1][1] = c
    else:
        ranges.append([c, c, mask])

print("// Character classes and character sets of wrongly decoded UTF-8. Made by tests/goldens/make/mojibake_tables.py from the")
print("// data of ftfy 6.3.1 (Robyn Speer, Apache License 2.0: badness.py, chardata.py) and Python's codecs.")
print('#include "sensorium/text/mojibake_tables.h"\n\nnamespace sensorium::mojibake {\n\n// clang-format off')
print("const CharacterRange kRanges[] = {")
line = " "
for a, b, m in ranges:
    item = f" {{{a:#x}, {b:#x}, {m:#x}}},"
    if len(line + item) > 118:
        print(line); line = " "
    line += item
print(line)
print(f"}};\nconst size_t kRangeCount = {len(ranges)};\n")
print("const Charset kCharsets[] = {")
for e in CHARMAP_ENCODINGS:
    table = bytes(range(0x80, 0x100)).decode(e)
    assert len(table) == 128 and bytes(range(0x1A)).decode(e) == "".join(map(chr, range(0x1A)))
    print(f"  {{{'true' if e.startswith('sloppy') else 'false'}, {'true' if e == 'macroman' else 'false'}, {{  // {e}")
    line = "   "
    for ch in table:
        item = f" {ord(ch):#x},"
        if len(line + item) > 118:
            print(line); line = "   "
        line += item
    print(line.rstrip(",") + "}},")
print("};\n// clang-format on\n\n}  // namespace sensorium::mojibake")
