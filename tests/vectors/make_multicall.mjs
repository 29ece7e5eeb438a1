// Writes the vectors of eth/multicall and eth/fan_out into the folder given: node make_multicall.mjs tests/vectors
// Oracles: viem 2.40.0 encodes and decodes aggregate3; a real anvil 1.7.1 runs both ways of asking, and the same reads
// one by one. The chain is made the same each time, so that a second run writes the same bytes.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import {
  bytesToHex, concatHex, decodeFunctionResult, encodeFunctionData, encodeFunctionResult, keccak256, multicall3Abi, numberToHex,
  pad, parseAbi, size, slice, stringToHex,
} from 'viem'
import { MULTICALL3, multicall3Code, startAnvil } from '../../dev/chain/index.js'
import { assemble } from './evm_assembler.mjs'

const folder = process.argv[2]
const GET_LAST_BLOCK_HASH = '0x27e86d6e'
const count = (n) => [...Array(n).keys()]
const random32 = (label, n) => keccak256(stringToHex(`${label} ${n}`))
const randomNumber = (label, n, below) => Number(BigInt(random32(label, n)) % BigInt(below))
const randomBytes = (label, length) => slice(concatHex([...count(Math.ceil(length / 32) + 1).map((n) => random32(label, n))]), 0, length)
const bytesOf = (label, length) => length === 0 ? '0x' : randomBytes(label, length)

function write(name, description, columns, rows) {
  const head = [`# ${description}`, '# Made by make_multicall.mjs.', `# ${columns.join('\t')}`]
  writeFileSync(`${folder}/${name}`, [...head, ...rows.map((row) => row.join('\t'))].join('\n') + '\n')
}

const call = (to, data = '0x') => ({ kind: 'call', to, data })
const balance = (to) => ({ kind: 'balance', to, data: '0x' })
const itemsText = (items) => items.map(({ kind, to, data }) => `${kind}:${to}:${data}`).join(';')
const answersText = (answers) => answers.map(({ answer, data }) => `${answer}:${data}`).join(';')

// What the program of fan_out.c has to be.
const MAX_CODE = 49152
const MAX_RETURN = 24576
const SHARE = 8
const GAS_TO_RETURN = MAX_RETURN * 200 + 200 * 3200
const program = (itemsAt) => assemble(`
    CODESIZE 0 ${MAX_RETURN} CODECOPY
    NUMBER 0 MSTORE  1 NUMBER SUB BLOCKHASH 32 MSTORE
    64  ${MAX_RETURN + itemsAt - 32} MLOAD 0xffff AND  ${MAX_RETURN + itemsAt}
  loop: # out room item
    CODESIZE ${MAX_RETURN} ADD DUP2 LT @item JUMPI
    POP POP 0 RETURN
  item:
    29 DUP2 SUB MLOAD 0xffff AND
    31 DUP3 SUB MLOAD 1 AND @balance JUMPI # out room item n
    ${GAS_TO_RETURN + SHARE * 300000} GAS LT @failed JUMPI
    GAS ${SHARE} ${GAS_TO_RETURN} DUP3 SUB DIV 2 DUP2 DIV DUP3 SUB SWAP2 POP # out room item n least share
    0 0 DUP5 23 DUP8 ADD 9 DUP9 SUB MLOAD DUP6 STATICCALL ISZERO SWAP2 GAS LT SWAP1 POP OR @failed JUMPI
    RETURNDATASIZE ${SHARE} DUP5 DIV LT @omitted JUMPI
    RETURNDATASIZE 0 3 DUP7 ADD RETURNDATACOPY
    1 RETURNDATASIZE @answer JUMP
  balance:
    32 DUP4 LT @omitted JUMPI
    9 DUP3 SUB MLOAD BALANCE 3 DUP6 ADD MSTORE
    1 32 @answer JUMP
  omitted:
    2 0 @answer JUMP
  failed:
    0 0
  answer: # out room item n answer size
    SWAP1 DUP6 MSTORE8  0x100 DUP2 DIV 1 DUP7 ADD MSTORE8  DUP1 2 DUP7 ADD MSTORE8
    DUP1 3 ADD DUP6 ADD SWAP5 POP  DUP4 SUB SWAP3 POP  23 ADD ADD
    @loop JUMP`)
const PROGRAM = bytesToHex(program(program(0x100).length + 2))

function fanOutCode(items) {
  const room = MAX_RETURN - 64 - 3 * items.length
  const code = concatHex([PROGRAM, numberToHex(room, { size: 2 }), ...items.flatMap(({ kind, to, data }) =>
    [numberToHex(kind === 'balance' ? 1 : 0, { size: 1 }), numberToHex(size(data), { size: 2 }), to, data])])
  assert.ok(size(code) <= MAX_CODE)
  return code
}

function readFanOut(returned, n) {
  assert.ok(size(returned) <= MAX_RETURN && returned.startsWith('0x00'))
  const bytes = Buffer.from(returned.slice(2), 'hex')
  let at = 64
  const answers = count(n).map(() => {
    const length = bytes.readUInt16BE(at + 1)
    const answer = { answer: ['failed', 'ok', 'omitted'][bytes[at]], data: bytesToHex(bytes.subarray(at + 3, at + 3 + length)) }
    at += 3 + length
    return answer
  })
  assert.equal(at, bytes.length)
  return { parentHash: slice(returned, 32, 64), answers }
}

// Multicall3 as viem writes and reads it.
const balanceAbi = parseAbi(['function getEthBalance(address) view returns (uint256)'])
const call3 = ({ kind, to, data }) => kind === 'call'
  ? { target: to, allowFailure: true, callData: data }
  : { target: MULTICALL3, allowFailure: true, callData: encodeFunctionData({ abi: balanceAbi, args: [to] }) }
const multicallCode = (items) => encodeFunctionData({ abi: multicall3Abi, functionName: 'aggregate3', args: [
  [{ target: MULTICALL3, allowFailure: true, callData: GET_LAST_BLOCK_HASH }, ...items.map(call3)]] })

function readMulticall(returned) {
  const [witness, ...results] = decodeFunctionResult({ abi: multicall3Abi, functionName: 'aggregate3', data: returned })
  assert.ok(witness.success)
  return { parentHash: witness.returnData, answers: results.map(({ success, returnData }) =>
    ({ answer: success ? 'ok' : 'failed', data: success ? returnData : '0x' })) }
}

// Contracts as short as they can be.
const CONTRACTS = {
  token: 'CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 KECCAK256 0 MSTORE 32 0 RETURN', // answers the hash of what it is asked
  echo: 'CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 RETURN',
  zeros: '0 CALLDATALOAD 0 RETURN', // as many as it is asked for
  reverting: `0x08c379a0${'0'.repeat(56)} 0 MSTORE 32 4 MSTORE 2 36 MSTORE 0x6e6f${'0'.repeat(60)} 68 MSTORE 100 0 REVERT`,
  silent: '0 0 REVERT',
  loud: '30000 0 REVERT',
  invalid: 'INVALID',
  hog: 'again: @again JUMP',
  writing: '1 0 SSTORE 0 SLOAD 0 MSTORE 32 0 RETURN', // answers 1 alone, must not write beside others
  counting: '1 0 SLOAD ADD DUP1 0 SSTORE 0 MSTORE 32 0 RETURN', // answers how often it was asked
  burner: '30000 again: 1 SWAP1 SUB DUP1 @again JUMPI', // some 800,000 gas
  leaning: '0 0 0 0 0xc0de0a GAS STATICCALL 0 MSTORE 32 0 RETURN', // answers 1, or 0 where burner runs out of gas
}
const at = Object.fromEntries(Object.keys(CONTRACTS).map((name, n) => [name, numberToHex(0xc0de00 + n, { size: 20 })]))
const NOBODY = numberToHex(0xdead, { size: 20 })
const IDENTITY = numberToHex(4, { size: 20 })
const RICH = { [numberToHex(0xa1, { size: 20 })]: 1n, [numberToHex(0xa2, { size: 20 })]: 2n ** 200n + 12345n,
  [numberToHex(0xef, { size: 20 })]: 0xefn << 240n }
const rich = Object.keys(RICH)

const anvil = await startAnvil({ args: ['--timestamp', '1700000000', '--no-mining'] })
let id = 0
async function rpc(method, ...params) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params })
  const reply = await (await fetch(anvil.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json()
  if (reply.error) throw Object.assign(new Error(`${method}: ${reply.error.message}`), reply.error)
  return reply.result
}

for (const [name, source] of Object.entries(CONTRACTS)) await rpc('anvil_setCode', at[name], bytesToHex(assemble(source)))
for (const [owner, wei] of Object.entries(RICH)) await rpc('anvil_setBalance', owner, numberToHex(wei))
await rpc('anvil_setCode', MULTICALL3, multicall3Code())
await rpc('anvil_mine', '0x3')
const block = await rpc('eth_getBlockByNumber', 'latest', false)
const pinned = { blockHash: block.hash, requireCanonical: true }

async function askAlone({ kind, to, data }) {
  try {
    const result = kind === 'call' ? await rpc('eth_call', { to, data }, pinned) : pad(await rpc('eth_getBalance', to, pinned))
    return { answer: 'ok', data: result }
  } catch {
    return { answer: 'failed', data: '0x' }
  }
}

/** What a batch answers must be what each item answers alone; `but` tells which items are answered
 * otherwise, and how. */
async function run({ what, items, but = {} }, code, to, read) {
  const returned = await rpc('eth_call', { to, data: code }, pinned)
  const { parentHash, answers } = read(returned, items.length)
  assert.equal(parentHash, block.parentHash, what)
  for (const [n, item] of items.entries()) {
    const want = but[n] ? { data: '0x', ...but[n] } : await askAlone(item)
    assert.deepEqual(answers[n], want, `${what}, item ${n}`)
  }
  return [what, itemsText(items), code, parentHash, answersText(answers), returned]
}

const FAILED = { answer: 'failed' }
const OMITTED = { answer: 'omitted' }
const zeros = (n) => call(at.zeros, numberToHex(n, { size: 32 }))
const token = (n, length = 36) => call(at.token, bytesOf(`calldata ${n}`, length))
const hogs = (n) => count(n).map(() => call(at.hog))
const mixed = (n) => [token(n), balance(rich[n % 3]), call(at.echo, bytesOf(`echo ${n}`, n)), call(at.silent), call(NOBODY, '0x70a08231')][n % 5]

const common = [
  { what: 'one token', items: [token(0)] },
  { what: 'one balance', items: [balance(rich[1])] },
  { what: 'a balance that begins with 0xef', items: [balance(rich[2])] },
  { what: 'balances', items: [...rich, NOBODY, at.token].map(balance) },
  { what: 'no code, a precompile', items: [call(NOBODY), call(NOBODY, '0x70a08231'), call(IDENTITY, '0x1234'), balance(NOBODY)] },
  { what: 'each way to revert', items: [token(1), call(at.reverting), token(2), call(at.silent), call(at.loud), balance(rich[0]), token(3)] },
  { what: 'calldata of each length', items: [0, 1, 31, 32, 33, 255, 256, 257, 1023, 1024].flatMap((n) =>
    [call(at.echo, bytesOf(`echo ${n}`, n)), token(n, n)]) },
  { what: 'every kind of item', items: count(60).map(mixed) },
  { what: '200 tokens', items: count(200).map((n) => token(n)) },
]

const fill = [...count(46).map((n) => token(n, 1024))]
const fillRest = MAX_CODE - size(fanOutCode([...fill, token(0, 0)]))
const greedy = [zeros(3000), ...count(199).map(() => zeros(2000))]
function omittedOf(items) {
  let room = MAX_RETURN - 64 - 3 * items.length
  return Object.fromEntries(items.flatMap(({ data }, n) => {
    const wanted = Number(data)
    if (wanted > Math.floor(room / SHARE)) return [[n, OMITTED]]
    room -= wanted
    return []
  }))
}
const edge = (n) => Math.floor((MAX_RETURN - 64 - 3 * 2) / SHARE) + n
const afterHogs = [...hogs(40), token(0), balance(rich[1]), token(1), balance(rich[0])]
const fanOuts = [
  ...common,
  { what: 'an invalid opcode', items: [token(1), call(at.invalid), token(2)] },
  { what: 'a contract that writes does not, beside others', items: [token(0), call(at.writing), token(1)], but: { 1: FAILED } },
  { what: 'what one item would write, the next one does not see', items: [call(at.counting), call(at.counting), token(0)],
    but: { 0: FAILED, 1: FAILED } },
  { what: 'one hog costs only itself', items: [call(at.hog), ...count(40).map(mixed)] },
  { what: 'too many hogs leave gas for balances and the return', items: afterHogs, but: { 40: FAILED, 42: FAILED } },
  { what: 'what hogs leave too little gas for is no answer', items: [...hogs(12), call(at.leaning), token(0)], but: { 12: FAILED } },
  { what: 'what has gas enough is an answer', items: [call(at.hog), call(at.leaning), token(0)] },
  { what: 'the longest code', items: [...fill, token(46, fillRest)] },
  { what: 'too long for its share', items: [zeros(24000), zeros(30000), token(0), zeros(2 ** 19)], but: { 0: OMITTED, 1: OMITTED, 3: OMITTED } },
  { what: 'exactly its share', items: [zeros(edge(0)), token(0)] },
  { what: 'a byte more than its share', items: [zeros(edge(1)), token(0)], but: { 0: OMITTED } },
  { what: 'greedy items', items: greedy, but: omittedOf(greedy) },
]
const multicalls = [
  ...common,
  { what: 'what one item writes, the next one sees', items: [call(at.counting), call(at.counting)],
    but: { 1: { answer: 'ok', data: numberToHex(2, { size: 32 }) } } },
  { what: 'an invalid opcode behind the others', items: [token(1), call(at.invalid)] },
]

const COLUMNS = ['what', 'items', 'data', 'parent hash', 'answers', 'returned']
const fanOutRows = []
for (const each of fanOuts) fanOutRows.push(await run(each, fanOutCode(each.items), undefined, readFanOut))
write('fan_out.tsv', 'Fan-outs that anvil ran, and what it answered; each item asked alone answered the same', COLUMNS, fanOutRows)

const multicallRows = []
for (const each of multicalls) multicallRows.push(await run(each, multicallCode(each.items), MULTICALL3, readMulticall))
await anvil.stop()

function randomResult(n) {
  const items = count(1 + randomNumber('items', n, 12)).map((i) => randomNumber(`kind ${n}`, i, 3) === 0
    ? balance(slice(random32(`owner ${n}`, i), 12)) : call(slice(random32(`token ${n}`, i), 12), bytesOf(`call ${n} ${i}`, randomNumber(`length ${n}`, i, 100))))
  const answers = items.map(({ kind }, i) => {
    if (randomNumber(`answer ${n}`, i, 4) === 0) return { success: false, returnData: bytesOf(`reason ${n} ${i}`, randomNumber(`long ${n}`, i, 70)) }
    const length = kind === 'balance' ? 32 : randomNumber(`size ${n}`, i, 100)
    return { success: true, returnData: bytesOf(`return ${n} ${i}`, length) }
  })
  const witness = { success: true, returnData: random32('parent', n) }
  const returned = encodeFunctionResult({ abi: multicall3Abi, functionName: 'aggregate3', result: [witness, ...answers] })
  const read = readMulticall(returned)
  return [`random ${n}`, itemsText(items), multicallCode(items), read.parentHash, answersText(read.answers), returned]
}
write('multicall3.tsv', "Calls of aggregate3 as viem encodes them; what anvil returned of them or, where random, what viem's encoder made",
  COLUMNS, [...multicallRows, ...count(60).map(randomResult)])
