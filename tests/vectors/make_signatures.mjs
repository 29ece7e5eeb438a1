// Writes the vectors of eth/signature and eth/contract_signature into the folder given:
// node make_signatures.mjs tests/vectors
// Oracle: viem 2.40.0 signs, hashes and encodes; what no key makes is put together here with BigInt. Keys and messages
// are derived from Keccak-256 of a counter and signatures are RFC 6979's, so that a second run writes the same bytes.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import {
  bytesToHex, concatHex, encodeFunctionData, hashMessage, hexToBigInt, keccak256, numberToHex, pad, parseAbi,
  parseSignature, recoverAddress, serializeCompactSignature, serializeErc6492Signature, signatureToCompactSignature, size, slice, stringToHex,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

const folder = process.argv[2]
const count = (n) => [...Array(n).keys()]
const random32 = (label, n) => keccak256(stringToHex(`${label} ${n}`))
const randomBytes = (label, length) => length === 0 ? '0x'
  : slice(concatHex(count(Math.ceil(length / 32)).map((n) => random32(label, n))), 0, length)

function write(name, description, columns, rows) {
  const head = [`# ${description}`, '# Made by make_signatures.mjs.', `# ${columns.join('\t')}`]
  writeFileSync(`${folder}/${name}`, [...head, ...rows.map((row) => row.join('\t'))].join('\n') + '\n')
}

// Keys sign messages of lengths around what a word and a block of Keccak take.
const account = (n) => privateKeyToAccount(random32('key', n))
const message = (n) => randomBytes(`message ${n}`, [n % 40, 1 + n % 7, 32, 109 + n % 3][n % 4])
const compact = (signature) => serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)))
const recoverRows = []
for (const n of count(2000)) {
  const signature = await account(n).signMessage({ message: { raw: message(n) } })
  recoverRows.push([message(n), account(n).address.toLowerCase(), signature, compact(signature)])
}
write('recover.tsv', "viem's signMessage with 2,000 keys: v is 27 or 28 in the one form, EIP-2098 is the other",
  ['message', 'address', 'signature', 'compact'], recoverRows)

write('public_keys.tsv', "viem's accounts: x and y of the public key, and the address", ['key', 'address'],
  count(200).map((n) => [slice(account(n).publicKey, 1), account(n).address.toLowerCase()]))

const texts = ['', 'a', 'hello', 'Some data', 'example.com wants you to sign in with your Ethereum account:\n', 'Grüße 🌍', '\0', '10', '9'.repeat(9)]
const messages = [...texts.map((text) => stringToHex(text)), ...[0, 1, 9, 10, 11, 99, 100, 101, 135, 136, 137, 999, 1000, 1001, 9999, 10000]
  .map((length) => randomBytes('text', length))]
write('eip191.tsv', "viem's hashMessage", ['message', 'hash'], messages.map((raw) => [raw, hashMessage({ raw })]))

// What is taken and what is not; all sign the same hash, that of 32 bytes of 0x11.
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const P = 2n ** 256n - 2n ** 32n - 977n
const hash = `0x${'11'.repeat(32)}`
const signed = await account(0).sign({ hash })
const { yParity } = parseSignature(signed)
const [r, s] = [slice(signed, 0, 32), slice(signed, 32, 64)].map((part) => hexToBigInt(part))
const word = (number) => numberToHex(number, { size: 32 })
const plain = (r, s, v) => concatHex([word(r), word(s), numberToHex(v, { size: 1 })])
const short = (r, s, parity) => concatHex([word(r), word(s | BigInt(parity) << 255n)])

function isOnCurve(x) {
  let [base, exponent, y] = [(x ** 3n + 7n) % P, (P - 1n) / 2n, 1n] // Euler's criterion
  for (; exponent > 0n; exponent >>= 1n, base = base * base % P) if (exponent & 1n) y = y * base % P
  return y === 1n
}
const firstX = (from, wanted) => isOnCurve(from) === wanted ? from : firstX(from + 1n, wanted)
const noX = firstX(5n, false)
const someX = firstX(1n, true)
const lastX = ((x) => { while (!isOnCurve(x)) x--; return x })(N - 1n)

async function good(what, write, r, s, v) {
  const signature = { r: word(r), s: word(s), yParity: v % 27 }
  return [what, (await recoverAddress({ hash, signature })).toLowerCase(), write(r, s, v)]
}
const malformed = (what, signature) => [what, 'malformed', signature]
const unmade = (what, signature) => [what, 'nobody', signature]
write('signature_edges.tsv', `Signatures of ${hash}: whose they are by viem's recoverAddress, "nobody" where no key made them, or "malformed"`,
  ['what', 'whose', 'signature'], [
    await good('as signed', plain, r, s, 27 + yParity),
    await good('v is the parity', plain, r, s, yParity),
    await good('64 bytes', short, r, s, yParity),
    await good('the other v is of somebody else', plain, r, s, 28 - yParity),
    await good('the other parity is of somebody else', short, r, s, 1 - yParity),
    await good('the largest s', plain, r, N / 2n, 27),
    await good('the largest s in 64 bytes', short, r, N / 2n, 1),
    await good('the smallest s', plain, r, 1n, 28),
    await good('the smallest r', plain, someX, s, 27),
    await good('the largest r', plain, lastX, s, 28),
    unmade('r is no x of the curve', plain(noX, s, 27)),
    unmade('r is no x of the curve, in 64 bytes', short(noX, s, 0)),
    malformed('high s', plain(r, N - s, 28 - yParity)),
    malformed('high s, v is the parity', plain(r, N - s, 1 - yParity)),
    malformed('half of n and one', plain(r, N / 2n + 1n, 27)),
    malformed('half of n and one, in 64 bytes', short(r, N / 2n + 1n, 0)),
    malformed('half of n and one, in 64 bytes, odd', short(r, N / 2n + 1n, 1)),
    malformed('the largest 255 bits, in 64 bytes', short(r, 2n ** 255n - 1n, 1)),
    malformed('zero r', plain(0n, s, 27)),
    malformed('zero s', plain(r, 0n, 27)),
    malformed('zero r and s', plain(0n, 0n, 27)),
    malformed('zero r, in 64 bytes', short(0n, s, 1)),
    malformed('zero s, in 64 bytes', short(r, 0n, 0)),
    malformed('zero s, in 64 bytes, odd', short(r, 0n, 1)),
    malformed('r is n', plain(N, s, 27)),
    malformed('r is n, in 64 bytes', short(N, s, 0)),
    malformed('r is past n', plain(N + someX, s, 27)),
    malformed('r is 2^256 - 1', plain(2n ** 256n - 1n, s, 27)),
    malformed('s is n', plain(r, N, 27)),
    malformed('s is n - 1', plain(r, N - 1n, 27)),
    malformed('s is past n', plain(r, N + 1n, 27)),
    malformed('s is 2^256 - 1', plain(r, 2n ** 256n - 1n, 27)),
    ...[2, 3, 4, 26, 29, 30, 31, 35, 36, 37, 38, 128, 254, 255].map((v) => malformed(`v is ${v}`, plain(r, s, v))),
    malformed('nothing', '0x'),
    malformed('one byte', '0x1b'),
    malformed('63 bytes', slice(signed, 0, 63)),
    malformed('66 bytes', concatHex([signed, '0x00'])),
    malformed('130 bytes', concatHex([signed, signed])),
  ])
