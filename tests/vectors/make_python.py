"""Writes the vectors whose oracle is Python (integers, UTF-8 codec): python3 make_python.py tests/vectors"""
import itertools
import random
import sys
from datetime import datetime, timedelta, timezone

FOLDER = sys.argv[1]
MODULUS = 2**256


def write(name, description, columns, rows):
    with open(f"{FOLDER}/{name}", "w", encoding="ascii") as out:
        out.write(f"# {description}\n# Made by make_python.py.\n# " + "\t".join(columns) + "\n")
        out.writelines("\t".join(str(value) for value in row) + "\n" for row in rows)


def arithmetic():
    dice = random.Random(256)
    edges = [0, 1, 2, 10**18, 2**63, 2**64 - 1, 2**64, 2**64 + 1, 2**128 - 1, 2**128, 2**192 - 1, 2**192, 2**255,
             MODULUS - 2**64, MODULUS - 2, MODULUS - 1]
    pairs = list(itertools.product(edges, edges))
    pairs += [(dice.getrandbits(dice.randint(1, 256)), dice.getrandbits(dice.randint(1, 256))) for _ in range(300)]
    for a, b in pairs:
        yield (hex(a), hex(b), (a > b) - (a < b), hex((a + b) % MODULUS), int(a + b >= MODULUS), hex((a - b) % MODULUS),
               int(a < b))


def quotients():
    dice = random.Random(257)
    for _ in range(300):
        a, b = dice.getrandbits(dice.randint(1, 256)), dice.getrandbits(dice.randint(1, 64)) or 1
        yield hex(a), b, hex(a // b), a % b
    for a in [0, 1, 2**64 - 1, 2**64, MODULUS - 1]:
        for b in [1, 2, 10**19, 2**64 - 1]:
            yield hex(a), b, hex(a // b), a % b


def base_fee_behind(base_fee, gas_used, gas_limit):
    """As the section Specification of EIP-1559 has it, in its own names and steps."""
    parent_gas_target = gas_limit // 2
    if gas_used == parent_gas_target:
        return base_fee
    if gas_used > parent_gas_target:
        gas_used_delta = gas_used - parent_gas_target
        return base_fee + max(base_fee * gas_used_delta // parent_gas_target // 8, 1)
    gas_used_delta = parent_gas_target - gas_used
    return base_fee - base_fee * gas_used_delta // parent_gas_target // 8


def base_fees():
    dice = random.Random(1559)
    edges = [0, 1, 7, 8, 9, 10**9, 2**64 - 1, 2**64, 2**128 - 1]
    rows = [(fee, used, limit) for fee in edges for limit in [2, 3, 5000, 30_000_000, 2**50, 2**64 - 1]
            for used in sorted({0, 1, limit // 2 - 1, limit // 2, limit // 2 + 1, limit - 1, limit})]
    for _ in range(200):
        limit = dice.randint(2, 10**9)
        rows.append((dice.getrandbits(dice.randint(1, 128)), dice.randint(0, limit), limit))
    for fee, used, limit in rows:
        yield hex(fee), used, limit, hex(base_fee_behind(fee, used, limit))


def sequence_length(data):
    """How many bytes the codec takes for the first character, 0 for none."""
    for n in range(1, min(4, len(data)) + 1):
        try:
            data[:n].decode("utf-8")
            return n
        except UnicodeDecodeError:
            pass
    return 0


def sequences():
    leads = [0x00, 0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3,
             0xF4, 0xF5, 0xF7, 0xF8, 0xFB, 0xFC, 0xFE, 0xFF]
    seconds = [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
    for lead, second in itertools.product(leads, seconds):
        yield bytes([lead, second, 0x80, 0x80])
    for lead, last in itertools.product([0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4], [0x7F, 0x80, 0xBF, 0xC0]):
        second = 0xA0 if lead == 0xE0 else 0x90 if lead == 0xF0 else 0x80
        yield bytes([lead, second, last, 0x80])
        yield bytes([lead, second, 0x80, last])
    for text in ["A", "é", "€", "🦄", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff"]:
        data = text.encode()
        yield from (data[:n] for n in range(1, len(data) + 1))


MARKS = {0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)}


def is_control(char):
    return ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or ord(char) in MARKS


def clean(data, cap):
    out = b""
    for char in data.decode("utf-8", errors="ignore"):
        if is_control(char):
            continue
        if len(out) + len(char.encode()) > cap - 1:
            break
        out += char.encode()
    return out


def cleanings():
    dice = random.Random(3629)
    pieces = [b"A", b"z", b" ", b"\0", b"\n", b"\x1f", b"\x7f", b"\xc2\x80", b"\xc2\x9f", b"\xc2\xa0", b"\xc2", b"\x80",
              b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", "é".encode(), "€".encode(), "🦄".encode(),
              "€".encode()[:2], "🦄".encode()[:3]]
    yield b"", 1
    yield b"A", 1
    for piece in pieces:
        yield piece, 8
        yield b"A" + piece + b"B", 8
    for _ in range(200):
        yield b"".join(dice.choices(pieces, k=dice.randint(1, 12))), dice.randint(1, 24)


def timestamps():
    dice = random.Random(3339)
    for _ in range(300):
        moment = datetime.fromtimestamp(dice.choice([dice.randrange(2**31), dice.randrange(2 * 10**11)]), timezone.utc)
        minutes = dice.choice([0, 0, 60, -300, 330, 765, -719])
        local = moment.astimezone(timezone(timedelta(minutes=minutes)))
        fraction = dice.choice(["", "", ".0", ".000", ".5", ".000001", ".999999999999"])
        text = local.isoformat().replace("+00:00", dice.choice(["Z", "z", "+00:00"]))
        text = text[:19].replace("T", dice.choice("Tt ")) + fraction + text[19:]
        yield text, int(moment.timestamp()), int(fraction.strip(".0") != "")
    for year in [1972, 1970, 2000, 2023, 2024, 2100, 2400]:
        try:
            yield f"{year}-02-29T00:00:00Z", int(datetime(year, 2, 29, tzinfo=timezone.utc).timestamp()), 0
        except ValueError:
            yield f"{year}-02-29T00:00:00Z", "none", 0


write("u256_arith.tsv", "Sum, difference and order modulo 2^256, by Python's integers",
      ["a", "b", "order", "sum", "carry", "difference", "borrow"], arithmetic())
write("u256_quotients.tsv", "Quotient and remainder by a number of 64 bits, by Python's integers",
      ["a", "b", "quotient", "remainder"], quotients())
write("base_fees.tsv", "The base fee of the block behind one, by EIP-1559 in Python's integers",
      ["base_fee", "gas_used", "gas_limit", "next"], base_fees())
write("utf8_sequences.tsv", "The length of the first character, 0 for none, by Python's UTF-8 codec",
      ["bytes", "length"], (("0x" + data.hex(), sequence_length(data)) for data in sequences()))
write("utf8_clean.tsv", "Text without broken UTF-8 and control characters in cap bytes with a NUL, by Python's codec",
      ["bytes", "cap", "text"], (("0x" + data.hex(), cap, "0x" + clean(data, cap).hex()) for data, cap in cleanings()))
write("timestamps.tsv", "Moments as RFC 3339 writes them, by Python's datetime", ["text", "seconds", "fraction"],
      timestamps())
