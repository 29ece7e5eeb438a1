// Writes the vectors of eth_getLogs and of header blooms into the folder given: node make_logs.mjs tests/vectors
// Oracles: a real anvil 1.7.1 makes logs and blooms, viem 2.40.0 decodes the logs. The chain is made the same each time,
// so that a second run writes the same bytes. Other nodes' replies are the same logs as those nodes write them.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { decodeEventLog, hexToBigInt, hexToNumber, keccak256, pad, parseAbi, size, stringToHex, toEventSelector, zeroAddress } from 'viem'
import { deployAll, startAnvil } from '../../dev/chain/index.js'

const folder = process.argv[2]
const EVENTS = [
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'event Deposit(address indexed to, uint256 value)',
  'event Withdrawal(address indexed from, uint256 value)',
]
const TOPICS = EVENTS.map((event) => toEventSelector(event))
const abi = parseAbi(EVENTS)

function write(name, description, columns, rows) {
  const head = [`# ${description}`, '# Made by make_logs.mjs.', `# ${columns.join('\t')}`]
  writeFileSync(`${folder}/${name}`, [...head, ...rows.map((row) => row.join('\t'))].join('\n') + '\n')
}

async function call(url, method, ...params) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const reply = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const { result, error } = await reply.json()
  assert.equal(error, undefined, JSON.stringify(error))
  return result
}

// --- rows ---

function decode(log) {
  const { args, eventName } = decodeEventLog({ abi, data: log.data, topics: log.topics, strict: true })
  return [eventName, args.from ?? zeroAddress, args.to ?? zeroAddress, args.value]
}

const place = (log) => [hexToNumber(log.blockNumber), hexToNumber(log.logIndex),
  log.blockTimestamp ? hexToNumber(log.blockTimestamp) : 0, log.blockHash, log.transactionHash, log.address.toLowerCase()]
const transfer = (log) => [...place(log), ...decode(log)].join(',').toLowerCase()
const odd = (log) => [...place(log), 'odd', log.topics.length, size(log.data)].join(',').toLowerCase()
const rows = (logs) => logs.map((log) => (log.odd ? odd(log) : transfer(log))).join(';')

// --- how nodes write the same logs ---

const pick = (log, keys) => Object.fromEntries(keys.map((key) => [key, log[key]]))
const GETH = ['address', 'topics', 'data', 'blockNumber', 'transactionHash', 'transactionIndex', 'blockHash', 'blockTimestamp', 'logIndex', 'removed']
const ERIGON = ['address', 'topics', 'data', 'blockNumber', 'transactionHash', 'transactionIndex', 'blockHash', 'logIndex', 'removed']
const NETHERMIND = ['address', 'blockHash', 'blockNumber', 'data', 'logIndex', 'removed', 'topics', 'transactionHash', 'transactionIndex']
const BESU = ['logIndex', 'removed', 'blockNumber', 'blockHash', 'transactionHash', 'transactionIndex', 'address', 'data', 'topics']
const RETH = ['address', 'topics', 'data', 'blockHash', 'blockNumber', 'blockTimestamp', 'transactionHash', 'transactionIndex', 'logIndex', 'removed']
const styles = {
  geth: (log) => pick(log, GETH),
  'geth before blockTimestamp': (log) => pick(log, ERIGON),
  Nethermind: (log) => pick(log, NETHERMIND),
  Besu: (log) => pick(log, BESU),
  reth: (log) => pick(log, RETH),
  OpenEthereum: (log) => ({ ...pick(log, NETHERMIND), transactionLogIndex: '0x0', type: 'mined' }),
  zkSync: (log) => ({ ...pick(log, ERIGON), l1BatchNumber: '0x2e5', transactionLogIndex: '0x1', logType: null }),
  'leading zeros': (log) => ({ ...log, blockNumber: `0x0${log.blockNumber.slice(2)}`, logIndex: `0x00${log.logIndex.slice(2)}` }),
  'digits in capitals': (log) => ({ ...log, data: `0x${log.data.slice(2).toUpperCase()}`, address: `0x${log.address.slice(2).toUpperCase()}` }),
  'time unknown': (log) => ({ ...log, blockTimestamp: null }),
}

// --- shapes ---

function shapes(log) {
  const [event, from, to] = log.topics
  const at = (logIndex, rest) => ({ ...log, logIndex: `0x${logIndex.toString(16)}`, ...rest })
  return [
    at(0, {}),
    at(1, { topics: [TOPICS[1], to] }),
    at(2, { topics: [TOPICS[2], from] }),
    at(3, { topics: [event, from, to, pad('0x01')], data: '0x', nft: true }),
    at(4, { topics: [event, from, to, pad('0x01')], data: pad('0x01'), odd: true }),
    at(5, { topics: [event, from, to], data: '0x', odd: true }),
    at(6, { topics: [event, from], odd: true }),
    at(7, { topics: [event], data: `0x${'00'.repeat(96)}`, odd: true }),
    at(8, { topics: [event, from, to], data: `0x${'00'.repeat(31)}`, odd: true }),
    at(9, { topics: [event, from, to], data: `0x${'00'.repeat(64)}`, odd: true }),
    at(10, { topics: [event, `0x01${from.slice(4)}`, to], odd: true }),
    at(11, { topics: [TOPICS[1], from, to], other: true }),
    at(12, { topics: [TOPICS[2], from], data: '0x', other: true }),
    at(13, { data: `0x${'ff'.repeat(32)}` }),
  ]
}

// What a node can never mean, each a change of one log.
const refused = {
  'a removed log': (log) => ({ ...log, removed: true }),
  'removed is no bool': (log) => ({ ...log, removed: null }),
  'a pending log': (log) => ({ ...log, blockNumber: null }),
  'no block hash': ({ blockHash, ...log }) => log,
  'no data': ({ data, ...log }) => log,
  'no topics': (log) => ({ ...log, topics: [] }),
  'five topics': (log) => ({ ...log, topics: [...log.topics, ...log.topics].slice(0, 5) }),
  'another event': (log) => ({ ...log, topics: [keccak256(stringToHex('Approval(address,address,uint256)')), ...log.topics.slice(1)] }),
  'a short topic': (log) => ({ ...log, topics: [log.topics[0], '0x01', log.topics[2]] }),
  'a topic that is no text': (log) => ({ ...log, topics: [...log.topics.slice(0, 2), null] }),
  'odd digits': (log) => ({ ...log, data: '0x1' }),
  'no prefix': (log) => ({ ...log, data: log.data.slice(2) }),
  'no hex': (log) => ({ ...log, data: `0x${'zz'.repeat(32)}` }),
  'a short address': (log) => ({ ...log, address: log.address.slice(0, -2) }),
  'a number as number': (log) => ({ ...log, blockNumber: 1 }),
  'a log index past 31 bits': (log) => ({ ...log, logIndex: '0x80000000' }),
  'a block number past 64 bits': (log) => ({ ...log, blockNumber: '0x10000000000000000' }),
  'an empty quantity': (log) => ({ ...log, logIndex: '0x' }),
  'a time past 63 bits': (log) => ({ ...log, blockTimestamp: '0x8000000000000000' }),
  'not a log': () => null,
  'a list': (log) => [log],
}

// --- blooms ---

function bloomMayHave(bloom, item) {
  const bits = hexToBigInt(bloom)
  const hash = keccak256(item)
  return [0, 1, 2].every((i) => bits >> (BigInt(`0x${hash.slice(2 + 4 * i, 6 + 4 * i)}`) & 2047n) & 1n)
}

function bloomRows(blocks, logs) {
  const items = [...new Set(logs.flatMap((log) => [log.address, ...log.topics]))]
  return blocks.flatMap((block) => items.map((item) => {
    const there = logs.some((log) => log.blockHash === block.hash && (log.address === item || log.topics.includes(item)))
    const may = bloomMayHave(block.logsBloom, item)
    assert.ok(may || !there)
    return [block.logsBloom, item, may ? 1 : 0]
  }))
}

const anvil = await startAnvil({ args: ['--timestamp', '1700000000'] })
await call(anvil.url, 'anvil_setBlockTimestampInterval', 12)
await deployAll(anvil.url)
const range = { fromBlock: '0x0', toBlock: 'latest' }
const logs = await call(anvil.url, 'eth_getLogs', { ...range, topics: [TOPICS] })
const all = await call(anvil.url, 'eth_getLogs', range)
const blocks = await Promise.all([1, 2, 3].map((n) => call(anvil.url, 'eth_getBlockByNumber', `0x${n}`, false)))
await anvil.stop()
assert.ok(logs.length > 3)

const reply = (list) => JSON.stringify(list, (key, value) => (['odd', 'nft', 'other'].includes(key) ? undefined : value))
const shaped = shapes(logs[0])
write('log_replies.tsv', 'Results of eth_getLogs and what they say: block, index, time, block hash, transaction, token, then the ' +
  'event with from, to and amount, or "odd" with topics and bytes of data',
  ['source', 'rows or refused', 'result'],
  [
    ['anvil', rows(logs), reply(logs)],
    ['nothing', '', '[]'],
    ...Object.entries(styles).map(([name, style]) => [name, rows(logs.map(style)), reply(logs.map(style))]),
    ['backwards', rows(logs), reply([...logs].reverse())],
    ['all shapes', rows(shaped.filter((log) => !log.nft && !log.other)), reply(shaped)],
    ...Object.entries(refused).map(([name, change]) => [name, 'refused', reply([change(logs[0]), ...logs.slice(1)])]),
    ['one place twice', 'refused', reply([logs[0], ...logs])],
    ['two hashes of a block', 'refused', reply([logs[0], { ...logs[0], logIndex: '0x7f', blockHash: pad('0x01') }])],
    ['two times of a block', 'refused', reply([logs[0], { ...logs[0], logIndex: '0x7f', blockTimestamp: '0x1' }])],
    ['an object', 'refused', '{}'], ['null', 'refused', 'null'], ['nothing at all', 'refused', ''],
    ['cut short', 'refused', reply(logs).slice(0, -2)], ['more behind', 'refused', `${reply(logs)}]`],
    ['a member twice', 'refused', reply(logs).replace('{', '{"data":"0x",')],
    ['a comma too many', 'refused', reply(logs).replace('}]', '},]')],
  ])
write('blooms.tsv', 'logsBloom of real blocks, an address or topic, and whether the block may have it', ['bloom', 'item', 'may'],
  bloomRows(blocks, all))
