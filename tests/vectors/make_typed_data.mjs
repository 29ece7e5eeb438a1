// Writes the vectors of typed structured data into the folder given: node make_typed_data.mjs tests/vectors
// The oracle is viem (2.40.0) and its hashTypedData, but for the standard's Mail, whose hashes are published. viem gets
// integers as BigInt; the JSON has them in any of the notations that dappd takes.
import { writeFileSync } from 'node:fs'
import { bytesToHex, getAddress, hashTypedData, hexToBytes, keccak256, stringToHex, toHex } from 'viem'

const folder = process.argv[2]
const count = (n) => [...Array(n).keys()]

function write(name, description, columns, rows) {
  const head = [`# ${description}`, '# Made by make_typed_data.mjs.', `# ${columns.join('\t')}`]
  writeFileSync(`${folder}/${name}`, [...head, ...rows.map((row) => row.join('\t'))].join('\n') + '\n')
}

function dice(label) {
  let n = 0
  let bytes = []
  const byte = () => {
    if (bytes.length === 0) bytes = [...hexToBytes(keccak256(stringToHex(`${label} ${n++}`)))]
    return bytes.shift()
  }
  const below = (max) => ((byte() * 256 + byte()) * 256 + byte()) % max
  return { byte, below, pick: (list) => list[below(list.length)], bytes: (size) => Uint8Array.from(count(size), byte) }
}

// An integer that is exact in either world, and how the JSON writes it.
class Integer {
  constructor(value, notation) {
    this.value = value
    this.notation = notation
  }
  toJSON() {
    const isExact = this.value <= Number.MAX_SAFE_INTEGER && this.value >= Number.MIN_SAFE_INTEGER
    if (this.notation === 0 && isExact) return Number(this.value)
    if (this.notation === 1 && this.value >= 0n) return toHex(this.value)
    if (this.notation === 2 && this.value >= 0n) return toHex(this.value, { size: 32 })
    return this.value.toString()
  }
}
const plain = (value) => (value instanceof Integer ? value.value : Array.isArray(value) ? value.map(plain)
  : value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k,
    plain(v)])) : value)

const texts = ['', 'a', 'Hello, Bob!', 'tschüß 🦄', 'テ\u0000\n"\\/', ' ', 'z'.repeat(135), 'y'.repeat(136),
  'x'.repeat(137), '\u2028\u00e9e\u0301']
function atom(type, { below, pick, bytes }) {
  const [, base, size] = /^([a-z]+)(\d*)$/.exec(type)
  if (base === 'bool') return below(2) === 1
  if (base === 'address') return pick([getAddress, (a) => a])(bytesToHex(bytes(20)))
  if (base === 'string') return pick(texts)
  if (base === 'bytes') return bytesToHex(bytes(size === '' ? pick([0, 1, 31, 32, 33, 136, 300]) : Number(size)))
  const bits = BigInt(size)
  const max = base === 'uint' ? 2n ** bits - 1n : 2n ** (bits - 1n) - 1n
  const min = base === 'uint' ? 0n : -(2n ** (bits - 1n))
  const random = BigInt(bytesToHex(bytes(32))) % (max - min + 1n) + min
  const value = pick([random, random >> BigInt(below(256)), min, max, 0n, min + 1n, max - 1n])
  return new Integer(value, below(4))
}

const sizes = count(32).map((n) => n + 1)
const atoms = ['bool', 'address', 'string', 'bytes', ...sizes.map((n) => `uint${8 * n}`),
  ...sizes.map((n) => `int${8 * n}`), ...sizes.map((n) => `bytes${n}`)]
const identifiers = ['a', 'B', '_c', 'd9', 'Long_Name_1', 'to', 'from', 'Uint8', 'boolean', 'z', 'Z', 'aa', 'a_', 'a1',
  'Person', 'Mail', 'contents', 'Byte', 'stringly']
const memberNames = [...identifiers, 'interest', '$', 'a$b', 'uint8', 'address', 'name', 'type', 'length']

function randomTypes(n, d) {
  const { below, pick } = d
  const names = [...new Set(count(1 + below(5)).map(() => pick(identifiers)))]
  const types = {}
  for (const [i, name] of names.entries()) {
    const members = [...new Set(count(i === 0 ? 1 + below(6) : below(5)).map(() => pick(memberNames)))]
    types[name] = members.map((member) => {
      const isStruct = below(3) === 0
      const arrays = count(pick([0, 0, 0, 1, 1, 2])).map(() => pick(['[]', '[1]', '[2]', '[3]'])).join('')
      if (!isStruct) return { name: member, type: (n < 100 ? atoms[n] : pick(atoms)) + arrays }
      // Later structs by value; any struct, itself too, in an array that may be empty.
      const later = names.slice(i + 1)
      return later.length > 0 && below(2) ? { name: member, type: pick(later) + arrays } : { name: member,
        type: `${pick(names)}[]` }
    })
  }
  return types
}

function randomValue(types, type, d, depth) {
  const array = /^(.*)\[(\d*)\]$/.exec(type)
  if (array !== null) {
    const length = array[2] === '' ? (depth > 3 ? 0 : d.below(3)) : Number(array[2])
    return count(length).map(() => randomValue(types, array[1], d, depth + 1))
  }
  if (types[type] === undefined) return atom(type, d)
  return Object.fromEntries(types[type].map((member) => [member.name, randomValue(types, member.type, d, depth + 1)]))
}

const domainFields = [['name', 'string'], ['version', 'string'], ['chainId', 'uint256'],
  ['verifyingContract', 'address'], ['salt', 'bytes32']]
function randomData(n) {
  const d = dice(`typed data ${n}`)
  const types = randomTypes(n, d)
  const primaryType = Object.keys(types)[0]
  const fields = domainFields.filter((_, i) => (n % 32) & (1 << i)).map(([name, type]) => ({ name, type }))
  const all = { EIP712Domain: d.below(8) === 0 ? fields.reverse() : fields, ...types }
  const shuffled = Object.fromEntries(Object.entries(all).sort(() => d.below(3) - 1))
  return { types: shuffled, primaryType, domain: randomValue(all, 'EIP712Domain', d, 0),
    message: randomValue(all, primaryType, d, 0) }
}

const person = [{ name: 'name', type: 'string' }, { name: 'wallet', type: 'address' }]
const mail = {
  types: {
    EIP712Domain: [{ name: 'name', type: 'string' }, { name: 'version', type: 'string' },
      { name: 'chainId', type: 'uint256' }, { name: 'verifyingContract', type: 'address' }],
    Person: person, Mail: [{ name: 'from', type: 'Person' }, { name: 'to', type: 'Person' },
      { name: 'contents', type: 'string' }],
  },
  primaryType: 'Mail',
  domain: { name: 'Ether Mail', version: '1', chainId: 1,
    verifyingContract: '0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC' },
  message: { from: { name: 'Cow', wallet: '0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826' },
    to: { name: 'Bob', wallet: '0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB' }, contents: 'Hello, Bob!' },
}
const copy = (change) => {
  const data = structuredClone(mail)
  change(data)
  return data
}
const one = (type, value, types = {}) => ({ types: { EIP712Domain: [], One: [{ name: 'x', type }], ...types },
  primaryType: 'One', domain: {}, message: { x: value } })

// Each struct refers to m others.
const wide = (n, m) => Object.fromEntries(count(n).map((i) => [`S${i}`,
  count(m).map((k) => ({ name: `member_number_${k}`, type: `S${(i + k) % n}[]` }))]))

// What every implementation takes, though not every one in the same way.
const special = [
  ['the domain alone', copy((d) => { d.primaryType = 'EIP712Domain'; delete d.message })],
  ['the domain alone, a message beside it', copy((d) => { d.primaryType = 'EIP712Domain' })],
  ['no field of the domain', one('uint8', 1)], ['a struct without members', { ...one('Empty', {}, { Empty: [] }) }],
  ['members that no type has',
    copy((d) => { d.message.extra = null; d.message.from.extra = [1.5]; d.domain.extra = 1e400; d.extra = {} })],
  ['a struct that refers to itself', one('Tree', { left: [{ left: [], right: [] }], right: [] },
    { Tree: [{ name: 'left', type: 'Tree[]' }, { name: 'right', type: 'Tree[]' }] })],
  ['structs that refer to each other', one('B', { c: [{ b: [{ c: [] }] }] },
    { C: [{ name: 'b', type: 'B[]' }], B: [{ name: 'c', type: 'C[]' }] })],
  ['the domain as a member', one('EIP712Domain', {})],
  ['arrays in arrays', one('uint8[][2][]', [[[1, 2], []], [[], [3]]])],
  ['an empty array of arrays', one('bytes[7][]', [])],
  ['as many structs as there may be', one('bool', true, wide(126, 1))],
  ['a type that nothing uses', one('bool', true, { Unused: [{ name: 'o', type: 'One' }] })],
]

const random = count(600).map(randomData)
for (const data of random) if (JSON.stringify(data).includes('\t')) throw new Error('a tab')
write('typed_data.tsv',
  "Typed data and its hash: of the standard's Mail as published, of all others by viem's hashTypedData",
  ['JSON', 'hash'], [
  [JSON.stringify(mail), '0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2'],
  ...[...special.map(([, data]) => data), ...random].map((data) => [JSON.stringify(data), hashTypedData(plain(data))]),
])

// One value of one type, as text of JSON: its hash in a struct of its own, or - where it is refused.
const encode = (type, value) => hashTypedData(one(type, value))
const q = (text) => JSON.stringify(text)
const same = (type, value, ...notations) => notations.map((notation) => [type, notation, encode(type, value)])
const no = (type, ...notations) => notations.map((notation) => [type, notation, '-'])
const address = '0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826'
const nobody = ['null', '{}', '[]', '[1]', 'true', '1.0', '1e3', '1E0', '-0.0', '0.1', '1e400']
write('typed_values.tsv',
  'One value as JSON in a struct One(T x) under an empty domain: the hash by viem, or - where it is none of the type',
  ['type', 'JSON', 'hash'], [
  ...same('uint8', 0n, '0', '-0', '"0"', '"0x0"', '"0x00"', `"0x${'0'.repeat(64)}"`),
  ...same('uint8', 255n, '255', '"255"', '"0xff"', '"0xFF"', '"0x00ff"'),
  ...no('uint8', '256', '-1', '"256"', '"-1"', '"0x100"', '"00"', '"01"', '"+1"', '" 1"', '"1 "', '"1.0"', '"1e1"',
    '""', '"0x"', '"0X1"', '"-0"', '"-"', '"0xg"', '"1_0"', '"0b1"', '"x"', '"1\\u0000"', ...nobody),
  ...same('uint256', 2n ** 53n - 1n, '9007199254740991', '"9007199254740991"'),
  ...no('uint256', '9007199254740992', '9007199254740993', '-9007199254740992', '9223372036854775807',
    '9223372036854775808', '18446744073709551616', '-1', '"-1"'),
  ...same('uint256', 2n ** 53n, '"9007199254740992"', '"0x20000000000000"'),
  ...same('uint256', 2n ** 256n - 1n, q((2n ** 256n - 1n).toString()), q(toHex(2n ** 256n - 1n))),
  ...no('uint256', q((2n ** 256n).toString()), q(toHex(2n ** 256n)), `"${'9'.repeat(78)}"`, `"${'1'.repeat(500)}"`,
    `"0x${'0'.repeat(65)}"`),
  ...same('uint64', 2n ** 64n - 1n, q((2n ** 64n - 1n).toString())), ...no('uint64', q((2n ** 64n).toString())),
  ...no('uint72', q((2n ** 72n).toString())), ...same('uint72', 2n ** 72n - 1n, q((2n ** 72n - 1n).toString())),
  ...same('int8', -128n, '-128', '"-128"'), ...same('int8', 127n, '127', '"127"', '"0x7f"'),
  ...no('int8', '128', '-129', '"128"', '"-129"', '"0x80"', '"0xff"', '"-0x1"', '"-0"', '"--1"', '"-01"', '"- 1"',
    ...nobody),
  ...same('int8', -1n, '-1', '"-1"'), ...same('int256', -(2n ** 255n), q((-(2n ** 255n)).toString())),
  ...same('int256', 2n ** 255n - 1n, q((2n ** 255n - 1n).toString())),
  ...same('int256', -(2n ** 53n - 1n), '-9007199254740991'), ...no('int256', '-9007199254740992',
    q((2n ** 255n).toString()), q((-(2n ** 255n) - 1n).toString()), q(toHex(2n ** 256n - 1n)), `"-${'9'.repeat(77)}"`),
  ...same('int64', -(2n ** 63n), q((-(2n ** 63n)).toString())), ...no('int64', q((2n ** 63n).toString()),
    q((-(2n ** 63n) - 1n).toString())),
  ...same('bool', true, 'true'), ...same('bool', false, 'false'), ...no('bool', '0', '1', '"true"', '"false"', '"0x1"',
    '""', 'null', '{}', '[]'),
  ...same('address', address, q(address), q(address.toLowerCase()), q(`0x${address.slice(2).toUpperCase()}`)),
  ...no('address', q(address.replace('C', 'c')), q(address.slice(2)), q(address.slice(0, 41)), q(`${address}0`), '"0x"',
    '""', '"0x0"', '0', '1', q(`${address}\u0000`), ...nobody),
  ...same('bytes1', '0xab', '"0xab"', '"0xAB"'), ...no('bytes1', '"0x"', '"0xa"', '"0xabcd"', '"ab"', '"0X12"',
    '"0xag"', '""', '171', ...nobody), ...same('bytes4', '0x00000000', '"0x00000000"'),
  ...no('bytes4', '"0x0"', '"0x000000"', '"0x0000000000"'),
  ...no('bytes32', `"0x${'0'.repeat(62)}"`, `"0x${'0'.repeat(66)}"`, '"0x"'),
  ...same('bytes', '0x', '"0x"'), ...same('bytes', '0x00', '"0x00"'),
  ...same('bytes', `0x${'Ab'.repeat(513)}`, `"0x${'aB'.repeat(513)}"`),
  ...no('bytes', '""', '"0"', '"0x0"', '"0xg0"', '"ab"', '"0X00"', '"0x00 "', `"0x${'ab'.repeat(512)}ag"`, '0',
    ...nobody),
  ...same('string', '', '""'), ...same('string', '0x00', '"0x00"'),
  ...same('string', 'é\u0000', '"é\\u0000"', '"\\u00e9\\u0000"'), ...same('string', '🦄', '"🦄"', '"\\ud83e\\udd84"'),
  ...no('string', '0', '"\\ud83e"', '"\\udd84x"', '"\\x"', ...nobody),
  ...same('uint8[]', [], '[]'), ...same('uint8[]', [1, 2], '[1,2]', '["1","0x2"]'),
  ...no('uint8[]', 'null', '{}', '""', '1', '[256]', '[1,null]', '[[1]]', '[true]'),
  ...same('uint8[2]', [1, 2], '[1,2]'), ...no('uint8[2]', '[]', '[1]', '[1,2,3]', '[1,"x"]'),
  ...same('bool[1][2]', [[true], [false]], '[[true],[false]]'), ...no('bool[1][2]', '[[true,false]]', '[[true]]',
    '[[true],[false],[true]]', '[true,false]', '[[true],false]'),
])

// Whole data that is refused, and what is said of it.
const types = (change) => copy((d) => change(d.types, d))
const member = (type) => types((t) => { t.Mail[2].type = type })
const named = (name) => types((t) => { t[name] = [] })
const notTypes = ['', 'uint', 'int', 'uint0', 'uint7', 'uint08', 'uint264', 'uint2560', 'int12', 'bytes0', 'bytes33',
  'bytes032', 'byte', 'fixed', 'fixed128x18', 'function', 'Uint8', 'Address', 'person', 'Persons', 'Person ', ' Person',
  'Person(', 'string[', 'string]', 'string[]]',
  'string[[]]', 'string[-1]', 'string[0]', 'string[01]', 'string[1', 'string[a]', 'string[ ]', 'string[1][', '[]',
  'string []', 'string[]x', 'string[18446744073709551616]', 'string\u0000', 'mapping(uint8=>uint8)', 'string,address',
  'string x,address']
const notIdentifiers = ['', '1a', 'a b', 'a,b', 'a)', 'a(', 'é', 'a-b', 'a:b', ' a', 'a[]', 'a.b']
const deep = (levels) => count(levels).reduce((inner) => [inner], [])
const refused = [
  ['no types', copy((d) => delete d.types), 'types must be an object'],
  ['types null', copy((d) => { d.types = null }), 'types must be an object'],
  ['types an array', copy((d) => { d.types = [] }), 'types must be an object'],
  ['no EIP712Domain', types((t) => delete t.EIP712Domain), 'types.EIP712Domain must be given'],
  ['no primaryType', copy((d) => delete d.primaryType), 'primaryType must be'],
  ['primaryType of nothing', copy((d) => { d.primaryType = 'Letter' }),
    'primaryType must be the name of a struct that types has'],
  ['primaryType an array', copy((d) => { d.primaryType = 'Mail[]' }), 'primaryType must be'],
  ['primaryType an atom', copy((d) => { d.primaryType = 'string' }), 'primaryType must be'],
  ['primaryType null', copy((d) => { d.primaryType = null }), 'primaryType must be'],
  ['primaryType with a NUL', copy((d) => { d.primaryType = 'Mail\u0000' }), 'primaryType must be'],
  ['no domain', copy((d) => delete d.domain), 'domain must be given'],
  ['domain null', copy((d) => { d.domain = null }), 'domain must be an object'],
  ['no message', copy((d) => delete d.message), 'message must be given'],
  ['message an array', copy((d) => { d.message = [] }), 'message must be an object'],
  ...['name', 'version', 'chainId', 'verifyingContract'].map((name) => [`no ${name}`,
    copy((d) => delete d.domain[name]), `domain.${name} must be given`]),
  ['chainId null', copy((d) => { d.domain.chainId = null }), 'domain.chainId must be uint256: '],
  ['name a number', copy((d) => { d.domain.name = 1 }), 'domain.name must be string: text'],
  ['a member missing', copy((d) => delete d.message.to.wallet), 'message.to.wallet must be given'],
  ['a struct missing', copy((d) => delete d.message.to), 'message.to must be given'],
  ['a struct null', copy((d) => { d.message.to = null }), 'message.to must be an object'],
  ['an atom for a struct', copy((d) => { d.message.to = address }), 'message.to must be an object'],
  ['a struct for an atom', copy((d) => { d.message.contents = {} }), 'message.contents must be string: text'],
  ['bad checksum', copy((d) => { d.message.from.wallet = address.replace('C', 'c') }),
    'message.from.wallet must be address: '],
  ['in an array', one('uint8[][]', [[1], [2, 256]]), 'message.x[1][1] must be uint8: in its range'],
  ['an array too short', one('uint8[2][]', [[1, 2], [1]]),
    'message.x[1] must be an array with as many elements as its type says'],
  ['a private field of the domain', types((t, d) => {
    t.EIP712Domain.push({ name: 'extra', type: 'string' })
    d.domain.extra = ''
  }), 'types.EIP712Domain must have string name'],
  ['chainId of another type', types((t) => { t.EIP712Domain[2].type = 'uint64' }),
    'types.EIP712Domain must have string name'], ['a field of the domain twice',
    types((t) => t.EIP712Domain.push({ name: 'name', type: 'string' })),
    'types.EIP712Domain[4].name is the name of another member too'],
  ['a member twice', types((t) => t.Mail.push({ name: 'to', type: 'string' })),
    'types.Mail[3].name is the name of another member too'],
  ['members an object', types((t) => { t.Mail = {} }), 'types.Mail must be an array'],
  ['a member null', types((t) => { t.Mail[1] = null }), 'types.Mail[1].name must be an identifier'],
  ['a member of text', types((t) => { t.Mail[0] = 'string a' }), 'types.Mail[0].name must be an identifier'],
  ['a member without a name', types((t) => delete t.Mail[0].name), 'types.Mail[0].name must be an identifier'],
  ['a member without a type', types((t) => delete t.Mail[0].type), 'types.Mail[0].type must be a type of EIP-712'],
  ['a type that is null', types((t) => { t.Mail[0].type = null }), 'types.Mail[0].type must be a type of EIP-712'],
  ...notTypes.map((type) => [`type ${q(type)}`, member(type), 'types.Mail[2].type must be a type of EIP-712']),
  ...notIdentifiers.map((name) => [`member ${q(name)}`, types((t) => { t.Mail[2].name = name }),
    'types.Mail[2].name must be an identifier']),
  ['a member with a NUL', types((t) => { t.Mail[2].name = 'contents\u0000' }),
    'types.Mail[2].name must be an identifier'],
  ...[...notIdentifiers, '$', 'a$'].map((name) => [`struct ${q(name)}`, named(name),
    'types has a name that is no identifier']),
  ...['bool', 'address', 'string', 'bytes', 'uint', 'int', 'uint8', 'int256', 'bytes1', 'bytes33', 'uint7',
    'uint0256'].map((name) => [`struct ${name}`, named(name), `types.${name} has the name of a type of Solidity`]),
  ['an unknown type in a struct that nothing uses', types((t) => { t.Unused = [{ name: 'a', type: 'Nothing' }] }),
    'types.Unused[0].type must be a type of EIP-712'],
  ['too many structs', one('bool', true, wide(127, 0)), 'types has 129 structs; at most 128 are taken'],
  ['too many members', one('bool', true, { S: count(257).map((k) => ({ name: `m${k}`, type: 'bool' })) }),
    'types.S has 257 members; at most 256 are taken'],
  ['too much text', one('bool', true, wide(30, 40)), 'and what it refers to are longer than 16384 bytes'],
  ['too deep', one('bool', deep(63)), 'the typed data is nested too deeply'],
  ['an array', [mail], 'the typed data must be an object'],
].map(([what, data, problem]) => [what, JSON.stringify(data), problem])
const text = JSON.stringify(mail)
const broken = [
  ['a member of the message twice', text.replace('"contents":"H', '"contents":"x","contents":"H'),
    'the typed data has a member twice'], ['a struct twice', text.replace('"Person":', '"Person":[],"Person":'),
    'the typed data has a member twice'],
  ['a member twice, once escaped', text.replace('"contents":"H', '"c\\u006fntents":"x","contents":"H'),
    'the typed data has a member twice'], ['a name with a NUL', text.replace('"contents":"H',
    '"x\\u0000":"x","contents":"H'), 'the typed data is no JSON'],
  ['more behind it', `${text}{}`, 'the typed data is no JSON'], ['cut', text.slice(0, -1), 'the typed data is no JSON'],
  ['empty', '', 'the typed data is no JSON'], ['a comment', `${text}//`, 'the typed data is no JSON'],
  ['single quotes', text.replaceAll('"', "'"), 'the typed data is no JSON'],
  ['a comma too many', text.replace('}}', ',}}'), 'the typed data is no JSON'],
  ['NaN', text.replace('"chainId":1', '"chainId":NaN'), 'the typed data is no JSON'],
  ['a leading zero', text.replace('"chainId":1', '"chainId":01'), 'the typed data is no JSON'],
  ['past what jansson reads', text.replace('"chainId":1', '"chainId":9223372036854775808'), 'a number past 2^63'],
    ['past 2^53', text.replace('"chainId":1', '"chainId":9007199254740993'),
    'domain.chainId must be uint256: in its range'], ['a real', text.replace('"chainId":1', '"chainId":1.0'),
    'domain.chainId must be uint256: in its range'],
  ['a byte order mark', `\ufeff${text}`, 'the typed data is no JSON'],
  ['10,000 deep', '['.repeat(10000), 'the typed data is nested too deeply'],
]
write('typed_data_refused.tsv', 'What is no typed data, and a part of what is said of it', ['what', 'JSON', 'problem'],
  [...refused, ...broken])
