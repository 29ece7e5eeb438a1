// Writes the vectors whose oracle is viem (2.40.0) into the folder given: node make_eth.mjs tests/vectors
// The inputs are fixed or derived from Keccak-256 of a counter, so that a second run writes the same bytes.
import { writeFileSync } from 'node:fs'
import {
  bytesToHex, encodeAbiParameters, encodeErrorResult, encodeFunctionData, erc20Abi, formatUnits, getAddress, hexToBigInt,
  keccak256, parseAbi, stringToHex, toHex,
} from 'viem'

const folder = process.argv[2]
const utf8 = new TextEncoder()

function write(name, description, columns, rows) {
  const head = [`# ${description}`, '# Made by make_eth.mjs.', `# ${columns.join('\t')}`]
  writeFileSync(`${folder}/${name}`, [...head, ...rows.map((row) => row.join('\t'))].join('\n') + '\n')
}

const random32 = (label, n) => keccak256(stringToHex(`${label} ${n}`))
const count = (n) => [...Array(n).keys()]

// Byte i of a message is (31 * i + 7) mod 256.
write('keccak256_lengths.tsv', "viem's keccak256 of the first n bytes of (31 * i + 7) mod 256, around the rate of 136 bytes",
  ['length', 'hash'],
  count(420).map((n) => [n, keccak256(Uint8Array.from(count(n), (i) => (31 * i + 7) % 256))]))

write('addresses.tsv', "viem's getAddress: any address and its EIP-55 form", ['lower case', 'checksum'],
  count(200).map((n) => random32('address', n).slice(0, 42)).map((lower) => [lower, getAddress(lower)]))

const powers = count(78).map((n) => 10n ** BigInt(n))
const distinct = (rows) => [...new Map(rows.map((row) => [String(row), row])).values()]
const edges = [0n, ...powers.flatMap((p) => [p - 1n, p, p + 1n]), ...count(256).map((n) => 2n ** BigInt(n)),
  2n ** 64n - 1n, 2n ** 128n - 1n, 2n ** 192n - 1n, 2n ** 256n - 1n]
const randoms = count(120).map((n) => hexToBigInt(random32('u256', n)) >> BigInt((n * 7) % 256))

write('u256_text.tsv', 'BigInt and viem\'s toHex: the same number in both notations', ['decimal', 'hex'],
  distinct([...edges, ...randoms]).map((v) => [v, toHex(v)]))

const amounts = distinct([
  ...count(78).flatMap((d) => [[1n, d], [10n ** BigInt(d), d], [2n ** 256n - 1n, d], [1500n, d]]),
  ...randoms.map((v, n) => [v, [0, 6, 8, 18, 24, 27, 77][n % 7]]),
  [0n, 0], [0n, 6], [0n, 18], [0n, 77], [1234567n, 6], [1000000n, 6], [42n * 10n ** 18n, 18], [10n, 1], [101n, 2],
])
write('u256_format.tsv', "viem's formatUnits", ['amount', 'decimals', 'formatted'],
  amounts.map(([v, d]) => [v, d, formatUnits(v, d)]))

// part / whole, cut: the whole digits of part * 10^digits / whole, with the point put in.
function fraction(part, whole, digits) {
  const text = (part * 10n ** BigInt(digits) / whole).toString().padStart(digits + 1, '0')
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`
}
const most = 2n ** 256n - 1n
const shares = distinct([
  [0n, 1n], [1n, 1n], [1n, 3n], [2n, 3n], [1n, 1000000n], [1n, 1000001n], [999999n, 1000000n], [0n, most], [1n, most],
  [most, most], [most - 1n, most], [most / 2n, most], [most / 3n, most], [most / 10n, most], [most / 10n + 1n, most],
  [2n ** 255n, 2n ** 255n + 1n], [2n ** 64n - 1n, 2n ** 64n], [2n ** 252n, 2n ** 253n - 1n],
  ...count(100).map((n) => [randoms[n], randoms[(n * 7 + 1) % 120]]).map(([a, b]) => (a < b ? [a, b] : [b, a]))
    .filter(([, whole]) => whole > 0n),
])
write('u256_fraction.tsv', 'BigInt: a part of a whole as a decimal fraction, cut', ['part', 'whole', 'digits', 'fraction'],
  shares.flatMap(([part, whole]) => [1, 6, 77].map((digits) => [part, whole, digits, fraction(part, whole, digits)])))

// What a client is shown of a name: no control characters, line separators or marks of direction, whole characters only, at most 255 bytes.
function cleaned(text) {
  let out = ''
  for (const c of text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '')) {
    if (utf8.encode(out + c).length > 255) break
    out += c
  }
  return bytesToHex(utf8.encode(out))
}
const texts = {
  'empty': '', 'one letter': 'A', 'symbol': 'USDC', 'name': 'USD Coin', '31 bytes': 'x'.repeat(31),
  '32 bytes': 'x'.repeat(32), '33 bytes': 'x'.repeat(33), 'two-byte characters': 'Ünïcödé', 'three-byte': 'テザー',
  'four-byte': '🦄🌈', 'combining': 'e\u0301', 'NUL inside': 'A\u0000B', 'NULs behind': 'ABC\u0000\u0000',
  'line feed and tab': 'A\nB\tC', 'DEL and C1': 'A\u007fB\u0085C\u009fD\u00a0E', 'only control characters': '\u0001\u0002',
  'right-to-left mark': 'A\u200fB', 'quotes and angles': '"<b>&\\', '255 bytes': 'y'.repeat(255),
  '256 bytes': 'y'.repeat(256), '1000 bytes': 'z'.repeat(1000), 'cut before a two-byte character': 'y'.repeat(254) + 'é',
  'cut before a four-byte character': 'y'.repeat(252) + '🦄z', 'cut after a three-byte character': 'y'.repeat(252) + '€z',
}
const bytes32s = ['', 'MKR', 'Maker', 'Sai Stablecoin v1.0', 'é', 'A\u0000B', 'x'.repeat(32), '\n']
write('abi_strings.tsv', "viem's encodeAbiParameters of a string or bytes32; the text as it must come out, cut at 255 bytes",
  ['what', 'return data', 'UTF-8 bytes'], [
    ...Object.entries(texts).map(([what, t]) => [what, encodeAbiParameters([{ type: 'string' }], [t]), cleaned(t)]),
    ...bytes32s.map((t) => [`bytes32 ${JSON.stringify(t)}`,
      encodeAbiParameters([{ type: 'bytes32' }], [stringToHex(t, { size: 32 })]), cleaned(t)]),
  ])

const panics = [[0x00, 'generic'], [0x01, 'assertion failed'], [0x11, 'arithmetic overflow'], [0x12, 'division by zero'],
  [0x21, 'invalid enum value'], [0x22, 'invalid storage byte array'], [0x31, 'pop from empty array'],
  [0x32, 'array index out of bounds'], [0x41, 'out of memory'], [0x51, 'call of an uninitialized function']]
const errors = parseAbi(['error Error(string)', 'error Panic(uint256)',
  'error ERC20InsufficientBalance(address,uint256,uint256)', 'error Unauthorized()'])
const revert = (errorName, ...args) => encodeErrorResult({ abi: errors, errorName, args })
const custom = (data) => [data, `custom error ${data.slice(0, 10)}`]
write('abi_reverts.tsv', "viem's encodeErrorResult, and what a client is told of it", ['revert data', 'text'], [
  ...['', 'ERC20: transfer amount exceeds balance', 'Dai/insufficient-balance', 'tschüß 🦄', 'r'.repeat(300)]
    .map((reason) => [revert('Error', reason), reason.slice(0, 255)]),
  ...panics.map(([code, meaning]) => [revert('Panic', BigInt(code)),
    `panic 0x${code.toString(16).padStart(2, '0')} (${meaning})`]),
  [revert('Panic', 0x99n), 'panic 0x99'],
  [revert('Panic', 2n ** 256n - 1n), `panic 0x${'f'.repeat(64)}`],
  custom(revert('ERC20InsufficientBalance', getAddress(random32('owner', 0).slice(0, 42)), 1n, 2n)),
  custom(revert('Unauthorized')),
])

const call = (functionName, ...args) => [functionName, args[0] ?? '-', args[1] ?? '-',
  encodeFunctionData({ abi: erc20Abi, functionName, args })]
const person = (label, n) => getAddress(random32(label, n).slice(-40).padStart(42, '0x'))
write('erc20_calls.tsv', "viem's encodeFunctionData with its erc20Abi", ['function', 'owner', 'spender', 'calldata'], [
  ...['name', 'symbol', 'decimals', 'totalSupply'].map((name) => call(name)),
  ...count(10).map((n) => call('balanceOf', person('owner', n))),
  ...count(10).map((n) => call('allowance', person('owner', n), person('spender', n))),
])
