// Writes the vectors of eth/abi_read into the folder given: node make_abi_read.mjs tests/vectors
// Oracle: viem 2.40.0, its parseAbi, formatAbiItem, toFunctionSelector and toEventSelector, and what it takes to encode
// nothing but zeros; ABIs of real contracts are what solc made of OpenZeppelin's. All else is derived from Keccak-256 of
// a counter, so that a second run writes the same bytes. What viem does not know or take is said where it stands.
import assert from 'node:assert'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import {
  encodeAbiParameters, hexToBytes, keccak256, parseAbi, size, slice, stringToHex, toEventSelector, toEventSignature, toFunctionSelector,
  toFunctionSignature,
} from 'viem'
import { formatAbiItem } from 'viem/utils'
import { formatAbiItem as formatReadable } from 'abitype'

const folder = process.argv[2]
const require = createRequire(import.meta.url)
const count = (n) => [...Array(n).keys()]

function write(name, description, columns, rows) {
  const head = [`# ${description}`, '# Made by make_abi_read.mjs.', `# ${columns.join('\t')}`]
  writeFileSync(`${folder}/${name}`, [...head, ...rows.map((row) => row.join('\t'))].join('\n') + '\n')
}

let drawn = []
let n = 0
const below = (max) => {
  if (drawn.length < 3) drawn = [...hexToBytes(keccak256(stringToHex(`abi ${n++}`)))]
  return ((drawn.shift() * 256 + drawn.shift()) * 256 + drawn.shift()) % max
}
const pick = (list) => list[below(list.length)]

// What a parameter takes in place, and whether it is dynamic: 64, or 32d. Zeros have no offset in their first word.
const zero = (param) => {
  const array = /^(.*)\[(\d*)\]$/.exec(param.type)
  if (array) return count(Number(array[2])).map(() => zero({ ...param, type: array[1] }))
  if (param.type === 'tuple') return param.components.map(zero)
  const sized = /^bytes(\d+)$/.exec(param.type)
  if (sized) return `0x${'00'.repeat(Number(sized[1]))}`
  return { bool: false, string: '', bytes: '0x', address: `0x${'00'.repeat(20)}` }[param.type] ?? 0n
}
// viem does not encode the type function, which is as long as bytes24.
const encodable = (param) => ({ ...param, type: param.type.replace(/^function/, 'bytes24'),
  ...(param.components ? { components: param.components.map(encodable) } : {}) })
const head = (param) => {
  const data = encodeAbiParameters([encodable(param)], [zero(encodable(param))])
  return BigInt(slice(data, 0, 32)) === 32n ? '32d' : `${size(data)}`
}
const heads = (params) => (params ?? []).map(head).join(' ')

// The item as people read it, its canonical signature, its hash or selector, and what it takes in place.
const described = (item) => {
  const inside = `${heads(item.inputs)}|${heads(item.outputs)}`
  const text = formatReadable(item)
  if (item.type === 'constructor') return [text, formatAbiItem({ ...item, type: 'function', name: 'constructor' }), '-', inside]
  if (item.type === 'event') return [text, toEventSignature(item), toEventSelector(item), inside]
  if (item.type === 'error') return [text, formatAbiItem(item), slice(keccak256(stringToHex(formatAbiItem(item))), 0, 4), inside]
  return [text, toFunctionSignature(item), toFunctionSelector(item), inside]
}
const kept = (abi) => abi.filter(({ type }) => !['fallback', 'receive'].includes(type))
const row = (input, abi) => [JSON.stringify(input), kept(abi).flatMap(described).join(';')]

// Random signatures with whatever may be in them, as text; viem says what they mean.
const locations = ['memory', 'calldata', 'storage']
const names = ['a', 'to', '_from', '$x', 'amount1', 'Z', 'owner_', 'value', 'functions', 'x'.repeat(40)]
const atoms = ['address', 'address payable', 'bool', 'string', 'bytes', 'uint', 'int', 'function',
  ...count(32).flatMap((i) => [`uint${8 * i + 8}`, `int${8 * i + 8}`, `bytes${i + 1}`])]
const suffix = () => pick(['', '', '', '', '[]', '[2]', '[3][]', '[][1]', '[2][2]', '[][]'])
const gap = () => pick(['', '', '', ' '])
function type(depth, structs) {
  if (structs.length > 0 && below(3) === 0) return pick(structs) + suffix()
  if (depth > 0 && below(4) === 0) return `(${params(1 + below(3), depth - 1, () => '', structs)})${suffix()}`
  return (below(2) === 0 ? pick(atoms) : pick(atoms.slice(0, 8))) + suffix()
}
const params = (many, depth, modifier, structs) => count(many).map((i) => {
  const of = type(depth, structs)
  return `${of}${modifier(of)}${below(3) > 0 ? ` ${pick(names)}${i}` : ''}`
}).join(`,${gap()}`)
const isLocated = (of) => /[\])]$|^(bytes|string)$|^[S-Z]/.test(of)
const located = (of) => isLocated(of) && below(2) === 0 ? ` ${pick(locations)}` : ''
const list = (modifier, structs) => params(below(5), 3, modifier, structs)
const name = () => pick(['transfer', 'f', '$', '_x1', 'swapExactTokensForTokens', 'A', 'returnsView', 'event1'])
const signatures = {
  function: (structs) => `function ${name()}(${list(located, structs)})${pick(['', ' external', ' public'])}${
    pick(['', ' view', ' pure', ' payable', ' nonpayable'])}${pick(['', ` returns (${list(located, structs)})`,
      ` returns(${list(located, structs)})`])}`,
  event: (structs) => {
    let topics = 3
    return `event ${name()}(${list(() => topics > 0 && below(2) === 0 && topics-- ? ' indexed' : '', structs)})`
  },
  error: (structs) => `error ${name()}(${list(() => '', structs)})`,
  constructor: (structs) => `constructor(${list(() => '', structs)})${pick(['', ' payable'])}`,
}
const random = (structs) => signatures[pick(['function', 'function', 'event', 'error', 'constructor'])](structs)

// Structs that refer to those before them, then put in any order. viem knows no tuple in a struct; it remembers
// parameters by the names of their structs, so that each needs a name of its own.
let made = 0
function withStructs() {
  const known = []
  const all = count(1 + below(4)).map((i) => {
    const members = count(1 + below(4)).map((k) => `${known.length > 0 && below(2) === 0 ? pick(known) + suffix()
      : type(0, [])} ${names[k]}`)
    known.push(`${pick(['S', 'T', 'Order', 'Zed'])}${made++}`)
    return `struct ${known[i]} { ${members.join('; ')}${pick(['', ';'])} }`
  })
  all.push(...count(1 + below(3)).map(() => random(known)))
  return all.map((text) => [below(1 << 20), text]).sort(([a], [b]) => a - b).map(([, text]) => text)
}

const written = [
  'function balanceOf(address) view returns (uint256)', 'function balanceOf(address owner) external view returns(uint balance)',
  'function transfer(address to, uint256 amount) returns (bool)', 'event Transfer(address indexed from, address indexed to, uint256 amount)',
  'event Transfer(address indexed,address indexed,uint256)', 'error InsufficientBalance(uint256 available, uint256 required)',
  'constructor()', 'constructor(address owner) payable', 'function f()', 'function f() returns ()', 'event E()', 'error E()',
  'function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[] returnData)',
  'function f(((uint256[2] a)[] b, (string, bytes)[3][] c) d)', 'function f(function g) returns (function)',
  'function f(uint[2][3][][4] x)', 'function f(bytes32[1024] x)', `function f(${Array(255).fill('uint8').join(',')})`,
  `function ${'n'.repeat(255)}(bool ${'p'.repeat(255)})`, 'function constructor()', 'function f(uint256 , bool)',
  `function f(${'('.repeat(12)}uint8${')'.repeat(12)})`, `function f(uint8${'[]'.repeat(12)})`,
]
const lists = [
  ['struct A1 { B1 b; }', 'function f(A1 a)', 'struct B1 { uint256 c; }'],
  ['struct A2 { uint256 a; }', 'struct B2 { A2[] b; A2[2] c; }', 'event E(B2 indexed b, A2 a)', 'error F(A2)', 'constructor(B2 b)'],
  ['fallback() external', 'receive() external payable', 'fallback() external payable', 'function f()'], ['receive() external payable'],
  ['function f(uint8)', 'function f(uint16)', 'function f()', 'event f(uint8)', 'error f(uint8)'],
  ['struct A { address payable to; function g; }', 'function f(A memory a) returns (A[] memory)'],
]
const texts = [...written.map((text) => [text]), ...lists, ...count(260).map(() => [random([])]), ...count(90).map(withStructs)]

// The same as compilers write it, old ones among them.
const old = ({ stateMutability, ...item }) => ({ ...item, constant: ['view', 'pure'].includes(stateMutability),
  payable: stateMutability === 'payable' })
const foreign = (item, i) => ({ ...item, inputs: item.inputs?.map((p) => ({ internalType: `contract C${i}`, ...p, unknown: [{}] })) })
const isPure = (item) => item.stateMutability === 'pure'
const dialects = [(abi) => abi, (abi) => abi.map(foreign), (abi) => abi.map((item) => isPure(item) ? item : old(item)),
  (abi) => abi.map(({ type: kind, ...item }) => kind === 'function' ? item : { type: kind, ...item })]
const fromJson = count(150).map((i) => {
  const abi = parseAbi(texts[below(texts.length)])
  return row(dialects[i % dialects.length](abi), abi)
})

// What ethers writes, Solidity allows or old compilers made, which viem does not take; beside it what viem takes instead.
const wider = [
  ['function  f ( uint  a , bool\tb )  view\n returns ( uint )', 'function f(uint a, bool b) view returns (uint)'],
  ['function f() view external', 'function f() external view'], ['function f(tuple(uint a, bool b)[] c)', 'function f((uint a, bool b)[] c)'],
  ['function f(byte a)', 'function f(bytes1 a)'], ['constructor(string memory a) public', 'constructor(string a)'],
  ['constructor() nonpayable', 'constructor()'], [' function f() ', 'function f()'],
  [['struct B { bool b; }', 'struct A { (B x, uint256)[2] pairs; }', 'function f(A a)'], 'function f((((bool b) x, uint256)[2] pairs) a)'],
].map(([ours, theirs]) => {
  assert.throws(() => parseAbi([ours].flat()))
  return row([ours].flat(), parseAbi([theirs]))
})
// viem does not know anonymous in a signature; it passes over it in JSON.
const anonymous = [[['event E(uint256 indexed a) anonymous'], ['event E(uint256 indexed a)']],
  [[{ ...parseAbi(['event E(bool a)'])[0], anonymous: true }], ['event E(bool a)']]].map(([ours, theirs]) => {
  const [input, [text, ...rest]] = [ours, described(parseAbi(theirs)[0])]
  return [JSON.stringify(input), [`${text} anonymous`, ...rest].join(';')]
})
// Parameters whose names Solidity keeps for itself, which other languages do not: they are written without.
const kept_words = [row([{ type: 'function', name: 'f', stateMutability: 'view', outputs: [], inputs: [{ type: 'bool', name: 'memory' },
  { type: 'tuple', name: 'uint8', components: [{ type: 'bool', name: 'indexed' }] }] }], parseAbi(['function f(bool, (bool)) view']))]
// What is no event's own parameter cannot be indexed, whatever its JSON says.
const indexed = { type: 'bool', name: 'a', indexed: true }
const pair = { type: 'tuple', name: 'b', components: [indexed] }
const indexed_elsewhere = [
  row([{ type: 'error', name: 'E', inputs: [indexed, pair] }], parseAbi(['error E(bool a, (bool a) b)'])),
  row([{ type: 'function', name: 'f', inputs: [indexed, pair], outputs: [indexed], stateMutability: 'nonpayable' }],
    parseAbi(['function f(bool a, (bool a) b) returns (bool a)'])),
  row([{ type: 'event', name: 'E', inputs: [indexed, pair] }], parseAbi(['event E(bool indexed a, (bool a) b)'])),
]
write('abi_read.tsv', "ABIs, and viem's view of what is kept of them",
  ['JSON', 'of each item, between semicolons: readable, canonical, hash, heads in|out'],
  [...texts.map((text) => row(text, parseAbi(text))), ...fromJson, ...wider, ...anonymous, ...kept_words, ...indexed_elsewhere])

// Real contracts, and one of ours with every kind of type; solc says the selectors of that one too.
const source = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
type Price is uint128;
enum Side { Buy, Sell }
library Lib { error Bad(Price p); event Moved(Side indexed side, Price p); }
interface I { struct Leg { Side side; Price price; address payable to; } }
contract Everything {
  struct Order { I.Leg[] legs; mapping_ m; bytes32[2] roots; function(uint256) external returns (bool) hook; }
  struct mapping_ { string text; int24 tick; }
  event Filled(Order indexed order, Order plain, string indexed text) anonymous;
  mapping(address => mapping(uint256 => mapping_)) public nested;
  Order public order;
  uint256[3][] public grid;
  error Failed(Order o);
  constructor(Order memory o) payable { emit Filled(o, o, ""); }
  function all(Order calldata a, I.Leg[2][] memory b, Price c, Side d, I e, function() external f) external payable
    returns (Order memory, Price[] memory p) { if (d == Side.Buy) revert Lib.Bad(c); if (d == Side.Sell) revert Failed(a); emit Lib.Moved(d, c); e; f; b; }
  function all(uint8) external pure {}
  fallback(bytes calldata) external payable returns (bytes memory) {}
  receive() external payable {}
}`
const solc = require('solc')
const compiled = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources: { 'a.sol': { content: source } },
  settings: { outputSelection: { '*': { '*': ['abi', 'evm.methodIdentifiers'] } } } })))
assert.deepEqual((compiled.errors ?? []).filter(({ severity }) => severity === 'error'), [])
const everything = compiled.contracts['a.sol'].Everything
for (const item of everything.abi.filter(({ type: kind }) => kind === 'function')) {
  assert.equal(`0x${everything.evm.methodIdentifiers[toFunctionSignature(item)]}`, toFunctionSelector(item))
}
const contracts = ['ERC20Permit', 'ERC20Votes', 'ERC721URIStorage', 'ERC1155Supply', 'ERC4626', 'ERC6909', 'AccessManager', 'Account',
  'GovernorTimelockControl', 'TimelockController', 'TransparentUpgradeableProxy', 'ProxyAdmin', 'UpgradeableBeacon', 'ERC2771Forwarder',
  'VestingWallet', 'Strings'].map((contract) => [contract,
  JSON.parse(readFileSync(require.resolve(`@openzeppelin/contracts/build/contracts/${contract}.json`))).abi])
const real = ([contract, abi]) => {
  const [json, text] = row(abi, abi)
  return [contract, json, contract === 'Everything' ? text.replace(/event Filled\([^;]*/, '$& anonymous') : text]
}
write('abi_contracts.tsv', "ABIs that solc made, and viem's view of what is kept of them",
  ['contract', 'JSON', 'of each item, between semicolons: readable, canonical, hash, heads in|out'],
  [...contracts, ['Everything', everything.abi]].map(real))

// What is no ABI. viem refuses it too, unless it says that it does not.
const NEVER_ASKED = 'viem takes it, or is never asked'
const one = (problem, text, viem) => [problem, [text], viem]
const input = (of) => [{ type: 'function', name: 'f', stateMutability: 'view', inputs: [of], outputs: [] }]
const refused = [
  ...['function f(uint7)', 'function f(uint264)', 'function f(int0)', 'function f(uint08)', 'function f(bytes0)', 'function f(bytes33)',
    'function f(Unknown a)', 'function f(strin)', 'function f(Address)', 'function f(uint256a)', 'error E(ufix)', 'event E(tuple)',
    'function f(mapping)'].map((text) => one('is no type', text)),
  ...['function f(fixed)', 'function f(ufixed128x18)', 'function f(fixed128x18[] a)'].map((text) => one('fixed-point', text)),
  ...['function f(uint256', 'function f(', 'event E', 'function f', 'function f((uint256)', 'constructor', 'error E'].map(
    (text) => one('is missing at the end', text)),
  ...['function f(uint256 a b)', 'function f(uint256 a! )', 'function f(uint256-)', 'function f(uint256 [])', 'function f(uint256 a[])'].map(
    (text) => one('a , is missing before', text)),
  ...['function f() f', 'function f() returns (bool) view', 'function f() internal', 'function f())', 'event E() view', 'error E() pure',
    'function f();', 'event E(bool) indexed', 'function f() anonymous', 'constructor() returns (bool)', 'error E() returns (bool)',
    'function f() override', 'function f() returns (bool) returns (bool)'].map((text) => one('is not expected here', text)),
  ...['function f() view pure', 'function f() external public', 'function f() payable payable'].map((text) => one('of its kind', text)),
  ...['function f(uint256 indexed a)', 'event E(bytes memory a)', 'error E(bool indexed)', 'function f((string memory a) b)',
    'event E((bool indexed a) b)', 'error E(string memory a)', 'constructor(bool indexed a)'].map((text) => one('cannot stand here', text)),
  ...['function f(uint256 memory a)', 'function f(address calldata)', 'function f(bool storage a)', 'function f(bytes32 memory a)',
    'function f(address payable memory a)'].map((text) => one('is for arrays, bytes, strings and structs', text)),
  ...['view', 'returns', 'address', 'uint8', 'bytes32', 'tuple', 'function', 'of', 'apply'].map(
    (word) => one("a word of Solidity's", `function f(bool ${word})`)),
  one("a word of Solidity's", 'event E(bool indexed indexed)'), one("a word of Solidity's", 'function f(bytes memory calldata)'),
  ...['function 1f()', 'function (uint256)', 'event ()', 'function f-g()', 'error É()', 'function f.g()'].map((text) => one(
    /[-.]/.test(text) ? 'a ( is missing before' : 'must have a name', text)),
  ...['', ' ', 'f()', 'balanceOf(address)', 'modifier m()', 'functionf()', 'Function f()', '(uint256)', 'function_ f()', 'view',
    '\u0000function f()', '// c'].map((text) => one('does not begin with', text)),
  ...['function f(,)', 'function f(,uint256)', 'function f(bool,,bool)'].map((text) => one('is no type', text)),
  one('a tuple must have components', 'function f(())'), one('a tuple must have components', 'function f(bool, ()[] a)'),
  ...['function f(uint256[-1])', 'function f(uint256[a])', 'function f(uint256[0x2])', 'function f(uint256[ 2])', 'function f(uint256[2,3])'].map(
    (text) => one('has the length', text)),
  ...['fallback(bytes a) external', 'receive(uint256 a) external payable'].map((text) => one('take no parameters', text)),
  one('has no ]', 'function f(uint256[)'), one('is not expected here', 'fallback() external view external_'),
  ['the struct contains itself', ['struct A { A a; }', 'function f(A a)']],
  ['the struct contains itself', ['struct A { A[] a; }', 'function f(A a)']],
  ['the struct contains itself', ['struct A { B b; }', 'struct B { C[] c; }', 'struct C { A[2] a; }']],
  ['abi[1] (B)', ['struct A { uint256 a; }', 'struct B { Missing a; }']], ['abi[2] (f)', ['struct A { bool a; }', 'fallback() external', 'function f(B b)']],
  ['a tuple must have components', ['struct A { }', 'function f(A a)']], ['a word of Solidity', ['struct A { bool bool; }']],
  ['a struct is written', ['struct A']], ['a struct is written', ['struct A bool a;']], ['is missing at the end', ['struct A { bool a;']],
  ['cannot stand here', ['struct A { string memory a; }']], ['is not expected here', ['struct A { bool a; } bool']],
  // Taken by viem as it splits text, and by nothing else.
  one('a parameter is missing at the end', 'function f(uint256 a,)', NEVER_ASKED), one('has the length', 'function f(uint256[02])', NEVER_ASKED),
  ['is no type', ['struct A { bool a;; }'], NEVER_ASKED],
  // No compiler makes these.
  one('has the length', 'function f(uint256[0])', NEVER_ASKED), ['a word of Solidity', ['struct uint8 { bool a; }'], NEVER_ASKED],
  one('4 indexed parameters', 'event E(bool indexed, bool indexed, bool indexed, bool indexed)', NEVER_ASKED),
  one('5 indexed parameters', `event E(${Array(5).fill('bool indexed').join()}) anonymous`, NEVER_ASKED),
  ['another struct has this name', ['struct A { bool a; }', 'struct A { bool b; }'], NEVER_ASKED],
  // Bounds.
  one('more than 12 deep', `function f(${'('.repeat(13)}uint8${')'.repeat(13)})`, NEVER_ASKED),
  one('more than 12 deep', `function f(uint8${'[]'.repeat(13)})`, NEVER_ASKED),
  one('more than 12 deep', `function f((uint8[][][][][][])[][][][][][] a)`, NEVER_ASKED),
  ['more than 12 deep', [...count(13).map((i) => `struct S${i} { ${i < 12 ? `S${i + 1}` : 'bool'} a; }`)], NEVER_ASKED],
  ['more than 12 deep', [...count(13).map((i) => `struct S${i} { ${i > 0 ? `S${i - 1}` : 'bool'} a; }`)], NEVER_ASKED],
  one('may be 1 to 32768', 'function f(uint256[32769])', NEVER_ASKED), one('may be 1 to 32768', 'function f(string[18446744073709551616])', NEVER_ASKED),
  one('may be 1 to 327', 'function f(uint256[100][328])', NEVER_ASKED), one('may be 1 to 1', 'function f(bool[32768][4294967297])', NEVER_ASKED),
  one('bytes in place', 'function f((bool[20000], bool[20000]))', NEVER_ASKED), one('bytes in place', 'function f(bool[20000], bool[20000])', NEVER_ASKED),
  one('256 parameters', `function f(${Array(256).fill('bool').join()})`, NEVER_ASKED),
  one('256 parameters', `function f((${Array(256).fill('bool').join()}))`, NEVER_ASKED),
  one('a name of 256 bytes', `function ${'n'.repeat(256)}()`, NEVER_ASKED), one('a name of 256 bytes', `function f(bool ${'n'.repeat(256)})`, NEVER_ASKED),
  // JSON, of which viem reads nothing before it is used.
  ['an ABI must be an array', { abi: [] }, NEVER_ASKED], ['the ABI is no JSON', 'function f()', NEVER_ASKED],
  ...[[[]], [7], [null], [true]].map((abi) => ['must be an object, or a string', abi, NEVER_ASKED]),
  ...['Function', 'struct', '', 'modifier'].map((of) => ['type must be function', [{ type: of, name: 'f' }], NEVER_ASKED]),
  ['type must be a string', [{ type: 7 }], NEVER_ASKED], ['name must be a string', [{ type: 'function', name: {} }], NEVER_ASKED],
  ...['', 'a b', 'f(', '1', 'ä', 'a\u0000b'].map((of) => ['function must have a name', [{ type: 'function', name: of }], NEVER_ASKED]),
  ['event must have a name', [{ type: 'event', inputs: [] }], NEVER_ASKED], ['inputs must be an array', [{ name: 'f', inputs: {} }], NEVER_ASKED],
  ['outputs must be an array', [{ name: 'f', outputs: 'bool' }], NEVER_ASKED], ['stateMutability must be', [{ name: 'f', stateMutability: 'constant' }], NEVER_ASKED],
  ['payable must be true or false', [{ name: 'f', payable: 'false' }], NEVER_ASKED], ['anonymous must be true', [{ type: 'event', name: 'f', anonymous: 0 }], NEVER_ASKED],
  ['a parameter must be an object', input('bool'), NEVER_ASKED], ['a parameter has no type', input({ name: 'a' }), NEVER_ASKED],
  ['a parameter must have a name of', input({ name: '-', type: 'bool' }), NEVER_ASKED], ['indexed must be', input({ type: 'bool', indexed: 'yes' }), NEVER_ASKED],
  ...['uint7', '', ' bool', 'bool ', 'tuple1', 'struct A', 'contract C', 'mapping(uint256 => bool)', 'address payable', 'A'].map(
    (of) => ['is no type', input({ type: of }), NEVER_ASKED]),
  ...['bool[]x', 'bool[] []', 'tuple[]a[]'].map((of) => ['goes on behind its arrays', input({ type: of, components: [{ type: 'bool' }] }), NEVER_ASKED]),
  ['has no ]', input({ type: 'bool[' }), NEVER_ASKED], ['has the length', input({ type: 'bool[0]' }), NEVER_ASKED],
  ['fixed-point', input({ type: 'fixed128x18' }), NEVER_ASKED], ['a tuple must have components', input({ type: 'tuple' }), NEVER_ASKED],
  ['a tuple must have components', input({ type: 'tuple[]', components: [] }), NEVER_ASKED],
  ['components must be an array', input({ type: 'tuple', components: { a: 1 } }), NEVER_ASKED],
  ['abi[1] (g)', [{ name: 'f' }, { name: 'g', outputs: [{ type: 'x' }] }], NEVER_ASKED],
].map(([problem, abi, viem]) => {
  if (viem !== NEVER_ASKED) assert.throws(() => parseAbi(abi), undefined, abi.join())
  return [problem, JSON.stringify(abi)]
})
const broken = ['', '[', '[]]', '{', 'null ', '[{"type":"function","name":"f",}]', "['function f()']", '\ufeff[]', '[] // none'].map(
  (text) => ['the ABI is no JSON', text])
broken.push(['nested more than 64 deep', '['.repeat(10000)], ['nested more than 64 deep', '[{"a":'.repeat(33)])
write('abi_refused.tsv', 'What is no ABI, with a part of what is said of it', ['problem', 'JSON'], [...refused, ...broken])
