"""Makes files that mean harm: cut, flipped, bombs, disguised, and with headers that lie. All are small to make."""

import gzip
import io
import struct
import zlib

import numpy as np
from media_makers import gradient, picture, png, sound, video
from PIL import Image

GOOD = ("a.jpg", "a.png", "a.gif", "a.webp", "a.bmp", "a.mp4", "a.mov", "a.mp3", "a.wav")


def good_files(folder):
    made = {}
    for name in GOOD:
        if name[2:] in ("mp4", "mov"):
            video(folder / name, width=320, height=320, frames=50, audio_rate=16_000)
        elif name[2:] in ("mp3", "wav"):
            sound(folder / name, seconds=2, rate=16_000)
        else:
            picture(folder / name, gradient(320, 320))
        made[name] = (folder / name).read_bytes()
    return made


def truncated(good):
    return {
        f"{name} cut at {1 << power}": data[: 1 << power]
        for name, data in good.items()
        for power in range(len(data).bit_length())
    }


def flipped(good, *, times, seed=7):
    """Flip one bit to one in two hundred bytes, more at the beginning, where headers are."""
    chance = np.random.default_rng(seed)
    made = {}
    for name, data in good.items():
        for turn in range(times):
            bits = np.frombuffer(data, np.uint8).copy()
            head = chance.integers(0, min(len(bits), 2048), turn + 1)
            tail = chance.integers(0, len(bits), len(bits) * turn // 200 // times)
            for at in (head, tail):
                bits[at] ^= (1 << chance.integers(0, 8, len(at))).astype(np.uint8)
            made[f"{name} flipped {turn}"] = bits.tobytes()
    return made


def bombs(folder):
    frame = b"\x2c\0\0\0\0\1\0\1\0\0\x02\x02\x4c\x01\0"
    gif = b"GIF89a" + struct.pack("<HHBBB", 400, 400, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    canvas = struct.pack("<I", 0x02) + (16383).to_bytes(3, "little") * 2
    webp = b"WEBPVP8X" + struct.pack("<I", 10) + canvas + b"ANIM" + struct.pack("<IIH", 6, 0, 0)
    webp += (b"ANMF" + struct.pack("<I", 16) + b"\0" * 16) * 50_000
    return {
        "png of 60000 x 60000": png(folder / "b.png", width=60_000, height=60_000).read_bytes(),
        "png of 2^31 x 1": png(folder / "b.png", width=2**31 - 1, height=1).read_bytes(),
        "png of 6000 x 6000": png(folder / "b.png", width=6000, height=6000, depth=1, colour=0).read_bytes(),
        "png with a text of 200 MB": _with_chunk(b"zTXt", b"k\0\0" + zlib.compress(b"\0" * 200_000_000, 1)),
        "png with a profile of 200 MB": _with_chunk(b"iCCP", b"k\0\0" + zlib.compress(b"\0" * 200_000_000, 1)),
        "gif of a million frames": gif + frame * 1_000_000 + b";",
        "gif of 65535 x 65535": b"GIF89a" + b"\xff" * 4 + b"\x80\0\0\0\0\0\xff\xff\xff" + frame,
        "webp of 16384 x 16384": b"RIFF" + struct.pack("<I", len(webp)) + webp,
        "jpg of 65535 x 65535": _jpeg_sized(65535, 65535),
        "jpg whose exif bites its tail": _jpeg_with(b"Exif\0\0II*\0\x08\0\0\0" + _endless_directory()),
        "jpg whose exif claims 4 GB": _jpeg_with(
            b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\1\x12\0\2\xff\xff\xff\xff" * 900
        ),
        "bmp of minus 2^31 lines": _bitmap(400, -(2**31)),
        "bmp of 30000 x 30000": _bitmap(30_000, 30_000),
        "svg in gzip": gzip.compress(b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 10_000),
        "zeros": b"\0" * 10_000_000,
        "ones": b"\xff" * 1_000_000,
        "nothing": b"",
        "one byte": b"\x89",
    }


def lying_movies(mp4):
    """An MP4 with one field of its index changed. The offsets count from the box's name. Source: ISO 14496-12."""
    lies = {
        "stts": (8, 0xFFFFFFFF), "stsz": (12, 0xFFFFFFFF), "stsc": (8, 0xFFFFFFFF), "stco": (8, 0xFFFFFFFF),
        "stss": (8, 0xFFFFFFFF), "elst": (8, 0xFFFFFFFF), "mvhd": (20, 1_000_000_000), "mdhd": (20, 0xFFFFFFFF),
        "tkhd": (80, 0xFFFFFFFF), "avc1": (28, 0xFFFFFFFF), "avcC": (4, 0xFFFFFFFF), "hdlr": (12, 0),
        "dref": (8, 0xFFFFFFFF), "stsd": (8, 0xFFFFFFFF), "esds": (8, 0xFFFFFFFF),
    }  # fmt: skip
    made = {f"mp4 with a lie in {box}": _changed(mp4, box.encode(), *lie) for box, lie in lies.items()}
    for box in ("moov", "trak", "mdia", "stbl", "mdat", "udta"):
        for size in (0, 1, 2, 7, 0x7FFFFFFF, 0xFFFFFFFF):
            made[f"mp4 whose {box} is {size} bytes long"] = _changed(mp4, box.encode(), -4, size)
    for box in ("stts", "mdhd", "mvhd"):
        for at in (12, 16):
            made[f"mp4 with a zero in {box} at {at}"] = _changed(mp4, box.encode(), at, 0)
            made[f"mp4 with all ones in {box} at {at}"] = _changed(mp4, box.encode(), at, 0xFFFFFFFF)
    ftyp = struct.pack(">I", 24) + b"ftypisom\0\0\2\0isommp41"
    nested = b"".join(struct.pack(">I", 8 * (20_000 - depth)) + b"moov" for depth in range(20_000))
    return made | {
        "mp4 of 20000 boxes in each other": ftyp + nested,
        "mp4 of empty boxes": ftyp + (struct.pack(">I", 8) + b"free") * 500_000,
        "mp4 of boxes of one byte": ftyp + (struct.pack(">I", 1) + b"moov") * 100_000,
        "mp4 that is a fragment of nothing": ftyp + (struct.pack(">I", 16) + b"moof" + b"\0" * 8) * 50_000,
    }


def lying_sounds():
    def wav(channels, rate, align, bits):
        fmt = struct.pack("<HHIIHH", 1, channels, rate, (rate * align) & 0xFFFFFFFF, align, bits)
        data = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", 400_000) + b"\1" * 400_000
        return b"RIFF" + struct.pack("<I", len(data)) + data

    header = b"\xff\xfb\x90\x64"
    return {
        "wav of no channel": wav(0, 16_000, 2, 16),
        "wav of 65535 channels": wav(65535, 16_000, 65535, 16),
        "wav of rate 0": wav(1, 0, 2, 16),
        "wav of rate 2^32": wav(1, 0xFFFFFFFF, 2, 16),
        "wav of no bits": wav(1, 16_000, 0, 0),
        "wav of 65535 bits": wav(1, 16_000, 2, 65535),
        "wav whose data claim 4 GB": wav(1, 16_000, 2, 16).replace(struct.pack("<I", 400_000), b"\xff" * 4),
        "mp3 whose tag claims 256 MB": b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + b"\0" * 1000,
        "mp3 of headers alone": header * 100_000,
    }


def polyglots(good):
    script = b"*/=1;alert(1)//"
    page = b"<!doctype html><script>alert(1)</script>"
    return {
        "gif and script": b"GIF89a/*" + good["a.gif"][8:] + script,
        "png and zip": good["a.png"] + b"PK\x03\x04" + b"\0" * 26 + b"PK\x05\x06" + b"\0" * 18,
        "mp4 and page": good["a.mp4"] + struct.pack(">I", 8 + len(page)) + b"free" + page,
        "mp3 and page": b"ID3\x04\0\0\0\0\0" + bytes([len(page)]) + page + good["a.mp3"],
        "jpg and mp4": good["a.jpg"] + good["a.mp4"],
        "mp4 that was a jpg": b"\xff\xd8\xff\xe0" + good["a.mp4"],
        "page that was an mp4": page + good["a.mp4"],
    }


def disguised():
    pixels = Image.fromarray(gradient(320, 320))
    made = {}
    for kind in ("ICO", "TIFF", "PPM", "PCX", "TGA", "DDS", "EPS"):
        held = io.BytesIO()
        pixels.save(held, kind)
        made[f"{kind} called png"] = held.getvalue()
    return made | {
        "psd called png": b"8BPS\0\1" + b"\0" * 200,
        "svg called png": b"<svg xmlns='http://www.w3.org/2000/svg' width='400' height='400'/>",
        "fits called png": b"SIMPLE  =                    T" + b" " * 3000,
        "pdf called mp4": b"%PDF-1.7\n" + b"1 0 obj\n" * 100,
    }


def many_scans(folder, *, scans):
    """A progressive JPEG that asks to be gone over again and again; each turn costs time and says nothing new."""
    path = picture(folder / "scans.jpg", gradient(2000, 2000), progressive=True, quality=30)
    data = path.read_bytes()
    last = data.rindex(b"\xff\xda")
    path.write_bytes(data[:-2] + data[last:-2] * scans + data[-2:])
    return path


def _changed(data, box, offset, value):
    at = data.index(box) + offset
    return data[:at] + struct.pack(">I", value) + data[at + 4 :]


def _with_chunk(name, body):
    held = io.BytesIO()
    Image.fromarray(gradient(320, 320)).save(held, "PNG")
    data = held.getvalue()
    chunk = struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return data[:33] + chunk + data[33:]


def _jpeg():
    held = io.BytesIO()
    Image.fromarray(gradient(320, 320)).save(held, "JPEG")
    return held.getvalue()


def _jpeg_sized(width, height):
    data = _jpeg()
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def _jpeg_with(exif):
    data = _jpeg()
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def _endless_directory():
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)  # the Exif directory is this very directory
    return struct.pack("<H", 20) + entry * 20 + struct.pack("<I", 8)


def _bitmap(width, height):
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header + b"\0" * 1000
