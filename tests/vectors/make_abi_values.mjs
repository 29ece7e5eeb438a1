// Writes the vectors of eth/abi_value into the folder given: node make_abi_values.mjs tests/vectors
// Oracles: viem 2.40.0 encodes and decodes; Solidity's compiler and anvil say what indexed lists and structs are hashed
// to, which viem does not do. Types and values are derived from Keccak-256 of a counter, so that a second run writes the
// same bytes. A byte that is there many times is written once: (ab*131072).
import { writeFileSync } from 'node:fs'
import solc from 'solc'
import {
  concatHex, createTestClient, decodeAbiParameters, decodeErrorResult, decodeEventLog, decodeFunctionResult, encodeAbiParameters, encodeErrorResult,
  encodeEventTopics, encodeFunctionData, encodeFunctionResult, getAddress, hexToBigInt, http, keccak256, numberToHex, publicActions,
  slice, stringToHex, walletActions,
} from 'viem'
import { startAnvil } from '../../dev/chain/index.js'

const folder = process.argv[2]
const count = (n) => [...Array(n).keys()]
let drawn = 0
const draw = () => hexToBigInt(keccak256(stringToHex(`abi ${drawn++}`)))
const below = (n) => Number(draw() % BigInt(n))
const pick = (list) => list[below(list.length)]
const randomBytes = (length) => length === 0 ? '0x'
  : slice(concatHex(count(Math.ceil(length / 32)).map(() => numberToHex(draw(), { size: 32 }))), 0, length)

// Runs begin at a byte: two digits at a time.
const packed = (hex) => {
  const bytes = hex.slice(2).match(/../g) ?? []
  let out = '0x'
  for (let i = 0; i < bytes.length;) {
    let end = i
    while (end < bytes.length && bytes[end] === bytes[i]) end++
    out += end - i >= 4 ? `(${bytes[i]}*${end - i})` : bytes[i].repeat(end - i)
    i = end
  }
  return out
}

function write(name, description, columns, rows) {
  const head = [`# ${description}`, '# Made by make_abi_values.mjs.', `# ${columns.join('\t')}`]
  writeFileSync(`${folder}/${name}`, [...head, ...rows.map((row) => row.join('\t'))].join('\n') + '\n')
}

// Types, as viem takes them.
const words = ['uint256', 'uint256', 'uint8', 'int256', 'address', 'address', 'bool', 'bytes32', 'bytes4']
const sized = () => pick([() => `uint${8 + 8 * below(32)}`, () => `int${8 + 8 * below(32)}`, () => `bytes${1 + below(32)}`])()
const leaf = () => pick([() => pick(words), sized, () => pick(['bytes', 'string'])])()
const names = (n) => {
  const kind = below(4)
  return count(n).map((i) => kind === 0 || (kind === 1 && below(2) === 0) ? '' : `${'abcdefghijkl'[i]}${pick(['', 'x', '_1', 'Value'])}`)
}
const type = (depth) => {
  const one = depth > 0 && below(4) === 0 ? { type: 'tuple', components: params(1 + below(4), depth - 1) } : { type: leaf() }
  if (depth > 0 && below(3) === 0) one.type += pick(['[]', '[]', `[${1 + below(3)}]`, '[2][]', '[][2]', '[][]'])
  return one
}
const params = (n, depth) => names(n).map((name) => ({ ...type(depth), ...(name ? { name } : {}) }))

const text = (param) => [
  param.type.startsWith('tuple') ? `(${param.components.map(text).join(',')})${param.type.slice(5)}` : param.type,
  ...(param.indexed ? ['indexed'] : []), ...(param.name ? [param.name] : []),
].join(' ')

// Values, as viem takes them.
const characters = [...'aZ09 "\\/\n\r\t\u007f\u00e9\u00df\u20ac\u4e16\u{1f600}\u{10ffff}']
const integer = (bits, signed) => {
  const max = 2n ** BigInt(signed ? bits - 1 : bits) - 1n
  const n = pick([0n, 1n, BigInt(below(100)), BigInt(below(100)), draw() & max, max])
  const value = signed && below(2) === 0 ? -n - 1n : n
  return bits <= 48 ? Number(value) : value
}
const value = (param) => {
  const list = /^(.*)\[(\d*)\]$/.exec(param.type)
  if (list) return count(list[2] === '' ? below(3) : Number(list[2])).map(() => value({ ...param, type: list[1] }))
  if (param.type === 'tuple') {
    const values = param.components.map(value)
    return param.components.every(({ name }) => name) ? Object.fromEntries(param.components.map(({ name }, i) => [name, values[i]])) : values
  }
  const size = Number(/\d*$/.exec(param.type)[0])
  if (/int/.test(param.type)) return integer(size, param.type[0] === 'i')
  if (param.type === 'address') return getAddress(pick([randomBytes(20), randomBytes(20), numberToHex(below(3), { size: 20 })]))
  if (param.type === 'bool') return below(2) === 0
  if (param.type === 'string') return count(pick([0, 3, 8, below(16), below(16), below(16), 31, 32, 33])).map(() => pick(characters)).join('')
  return randomBytes(param.type === 'bytes' ? pick([0, 1, 4, below(8), below(8), below(8), 31, 32, 33, 65]) : size)
}

const json = (decoded) => JSON.stringify(decoded, (_, v) => typeof v === 'bigint' ? v.toString() : v)
const named = (list, values) => list.length > 0 && list.every(({ name }) => name)
  ? Object.fromEntries(list.map(({ name }, i) => [name, values[i]])) : values
const result = (list, decoded) => list.length === 0 ? null : list.length === 1 ? decoded : named(list, decoded)
const canonical = ({ type: name, components }) => name.startsWith('tuple') ? `(${signature(components)})${name.slice(5)}` : name
const signature = (all) => all.map(canonical).join(',')
const list = (all) => all.map(text).join(', ')
const same = (a, b) => { if (json(a) !== json(b)) throw new Error(`${json(a)} is not ${json(b)}`) }

// Parameters.
write('abi_params.tsv', "viem's encodeAbiParameters and decodeAbiParameters", ['types', 'values', 'encoded'], count(5000).map((i) => {
  const types = params(1 + below(i % 20 === 0 ? 6 : 2), i % 8 === 0 ? 4 : 1)
  const values = types.map(value)
  const data = encodeAbiParameters(types, values)
  const decoded = decodeAbiParameters(types, data)
  same(values, decoded)
  return [list(types), json(named(types, decoded)), packed(data)]
}))

// Functions.
write('abi_functions.tsv', "viem's encodeFunctionData, encodeFunctionResult and decodeFunctionResult",
  ['signature', 'arguments', 'calldata', 'result', 'returned'], count(400).map((i) => {
    const inputs = params(below(4), 2), outputs = params(below(4), 2)
    const abi = [{ type: 'function', name: `f${i}`, stateMutability: 'view', inputs, outputs }]
    const args = inputs.map(value)
    const values = outputs.map(value)
    const returned = outputs.length === 0 ? '0x' : encodeFunctionResult({ abi, result: outputs.length === 1 ? values[0] : values })
    const decoded = outputs.length === 0 ? null : decodeFunctionResult({ abi, data: returned })
    const returns = outputs.length === 0 ? '' : ` returns (${list(outputs)})`
    return [`function f${i}(${list(inputs)}) view${returns}`, json(named(inputs, args)), packed(encodeFunctionData({ abi, args })),
      json(result(outputs, decoded)), packed(returned)]
  }))

// Errors.
write('abi_errors.tsv', "viem's encodeErrorResult and decodeErrorResult", ['signature', 'name', 'arguments', 'data'], count(200).map((i) => {
  const inputs = params(below(4), 2)
  const abi = [{ type: 'error', name: `E${i}`, inputs }]
  const data = encodeErrorResult({ abi, errorName: `E${i}`, args: inputs.map(value) })
  return [`error E${i}(${list(inputs)})`, `E${i}`, json(named(inputs, decodeErrorResult({ abi, data }).args ?? [])), packed(data)]
}))

// Events. Of an indexed list or tuple the log has a hash, which viem hands on as it is; an anonymous event has one topic
// less, which viem does not know.
const isComposite = ({ type: name }) => /\[|tuple/.test(name)
write('abi_events.tsv', "viem's encodeEventTopics and decodeEventLog; values are what the indexed arguments were, null where viem cannot hash them",
  ['signature', 'values', 'topics', 'data', 'decoded'], count(500).map((i) => {
    const inputs = params(below(5), 2).map((param) => ({ ...param, indexed: false }))
    for (const _ of count(below(4))) if (inputs.length > 0) pick(inputs).indexed = true
    const name = `E${i}`
    const abi = [{ type: 'event', name, inputs }]
    const values = inputs.map(value)
    const indexed = inputs.map((param, n) => ({ param, value: values[n] })).filter(({ param }) => param.indexed)
    const plain = indexed.map(({ param }, n) => ({ ...param, name: `p${n}` }))
    const topics = [keccak256(stringToHex(`${name}(${signature(inputs)})`)), ...indexed.map(({ param, value: v }, n) => isComposite(param) ? randomBytes(32)
      : encodeEventTopics({ abi: [{ type: 'event', name, inputs: [plain[n]] }], args: [v] })[1])]
    const data = encodeAbiParameters(inputs.filter((param) => !param.indexed), values.filter((_, n) => !inputs[n].indexed))
    const all = inputs.map((param, n) => ({ ...param, name: `p${n}` }))
    const { args } = decodeEventLog({ abi: [{ type: 'event', name, inputs: all }], topics, data })
    const anonymous = i % 8 === 0
    return [`event ${name}(${list(inputs)})${anonymous ? ' anonymous' : ''}`, json(indexed.map(({ param, value: v }) => isComposite(param) ? null : v)),
      (anonymous ? topics.slice(1) : topics).join(' ') || '-', packed(data), json(named(inputs, all.map(({ name: key }) => args[key])))]
  }))

// Topics: of single values as viem encodes them, of lists and structs as a contract emits them.
const single = count(300).map((i) => ({ type: i % 3 === 0 ? pick(['string', 'bytes']) : leaf(), name: 'x' }))
const topics = single.map((param) => {
  const v = value(param)
  const [, topic] = encodeEventTopics({ abi: [{ type: 'event', name: 'E', inputs: [{ ...param, indexed: true }] }], args: [v] })
  return [text(param), json(v), topic]
})

const S = [{ type: 'string', name: 'a' }, { type: 'int16[]', name: 'b' }, { type: 'bytes4', name: 'c' }]
const T = [{ type: 'address', name: 'd' }, { type: 'tuple', name: 'e', components: S }, { type: 'bool[2]', name: 'f' }]
const U = [{ type: 'uint8', name: 'g' }, { type: 'bytes3', name: 'h' }]
const structs = { S, T, U }
const composite = ['uint8[]', 'bytes4[2]', 'bool[2][]', 'int16[][2]', 'string[]', 'bytes[2]', 'address[][]', 'S', 'T', 'U', 'U[]', 'S[2]', 'T[]', 'U[2][]']
const members = (all) => all.map((param) => `${param.components ? 'S' : param.type} ${param.name};`).join(' ')
const source = `pragma solidity ^0.8.0; contract Topics {
${Object.entries(structs).map(([name, all]) => `struct ${name} { ${members(all)} }`).join('\n')}
${composite.map((name, i) => `event E${i}(${name} indexed x); function f${i}(${name} memory x) external { emit E${i}(x); }`).join('\n')} }`
const input = { language: 'Solidity', sources: { t: { content: source } },
  settings: { evmVersion: 'paris', outputSelection: { '*': { '*': ['evm.bytecode.object'] } } } }
const compiled = JSON.parse(solc.compile(JSON.stringify(input)))
const anvil = await startAnvil()
const client = createTestClient({ mode: 'anvil', transport: http(anvil.url) }).extend(publicActions).extend(walletActions)
const [account] = await client.getAddresses()
const send = async (request) => client.waitForTransactionReceipt({ hash: await client.sendTransaction({ account, chain: null, gas: 20_000_000n, ...request }), pollingInterval: 20 })
const { contractAddress } = await send({ data: `0x${compiled.contracts.t.Topics.evm.bytecode.object}` })
for (const [i, name] of composite.entries()) {
  const [, base, lists] = /^(\w+?)((?:\[\d*\])*)$/.exec(name)
  const param = structs[base] ? { type: `tuple${lists}`, components: structs[base], name: 'x' } : { type: name, name: 'x' }
  for (const _ of count(8)) {
    const v = value(param)
    const data = encodeFunctionData({ abi: [{ type: 'function', name: `f${i}`, stateMutability: 'nonpayable', inputs: [param], outputs: [] }], args: [v] })
    const { logs: [log] } = await send({ to: contractAddress, data })
    topics.push([text(param), json(v), log.topics[1]])
  }
}
await anvil.stop()
write('abi_topics.tsv', "viem's encodeEventTopics of single values, and topics that a contract of Solidity's compiler emits on anvil",
  ['type', 'value', 'topic'], topics)
