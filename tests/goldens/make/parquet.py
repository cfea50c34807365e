"""Small Parquet tables. Usage: parquet.py (pyarrow 21.0.0).

Writes to tests/goldens/parquet: plain.parquet (a row a caption, two row groups, snappy, a null and columns that nobody
asks for), lists.parquet (lists of captions, dictionaries, large strings, zstd), and broken ones: cut.parquet,
structs.parquet (captions that are structs), columns.parquet (no captions), bytes.parquet (captions that are not UTF-8).
"""
import os
import pyarrow as pa, pyarrow.parquet as pq

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parquet")
path = lambda name: os.path.join(folder, name)
os.makedirs(folder, exist_ok=True)

images = ["a.jpg", "a.jpg", "b.jpg", "c.jpg", "c.jpg"]
plain = pa.table({
    "Image": images, "bytes": [b"\xff\xd8" * 20] * 5, "caption": ["a dog", "ein Hund", None, "a cat", "a black cat"],
    "lang": ["en", "de", "en", "en", "en"], "split": ["train", "train", "train", "val", "val"]})
pq.write_table(plain, path("plain.parquet"), row_group_size=4, compression="snappy")
pq.write_table(pa.table({
    "file_name": pa.array(["a.jpg", "b.jpg"]).dictionary_encode(),
    "captions": pa.array([["one", None, "two"], []], pa.list_(pa.large_string())),
    "language": pa.array(["en", "fr"], pa.large_string())}), path("lists.parquet"), compression="zstd")
pq.write_table(pa.table({"image": ["a.jpg"], "caption": [{"x": 1}]}), path("structs.parquet"))
pq.write_table(pa.table({"image": ["a.jpg"], "bytes": [b"x"]}), path("columns.parquet"))
pq.write_table(pa.table({"image": ["a.jpg"], "caption": [b"\xff\xfe"]}), path("bytes.parquet"))
with open(path("plain.parquet"), "rb") as f:
    whole = f.read()
with open(path("cut.parquet"), "wb") as f:
    f.write(whole[:-20])
