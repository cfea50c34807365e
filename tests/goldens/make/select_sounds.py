"""The part of the audio_features case (made by audio_video.py of the shared goldens: librosa, scipy, soundfile) that tests/goldens/sounds
keeps: one short wave at each rate, mel spectrograms, resampling, a WAV file.
    select_sounds.py AUDIO_FEATURES_FOLDER tests/goldens/sounds"""
import json, pathlib, shutil, struct, sys

KEEP = ("wave_16000_0", "wave_44100_0", "wave_48000_0", "mel.slaney.0", "mel.htk.0", "mel_db.slaney.0", "resample.44100_16000.0",
        "resample.48000_16000.0", "resample.44100_48000.0")
source, out = map(pathlib.Path, sys.argv[1:])
header, body = {}, b""
for name in ("inputs", "outputs"):
    data = (source / f"{name}.safetensors").read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    for key, entry in json.loads(data[8:8 + size]).items():
        if key in KEEP:
            first, last = entry["data_offsets"]
            header[key] = dict(entry, data_offsets=[len(body), len(body) + last - first])
            body += data[8 + size + first:8 + size + last]
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
(out / "sounds.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body)
shutil.copy(source / "wave_44100_0.wav", out)
case = json.loads((source / "case.json").read_text())
(out / "case.json").write_text(json.dumps({k: case[k] for k in ("parameters", "made_with_extra") if k in case}, indent=1) + "\n")
