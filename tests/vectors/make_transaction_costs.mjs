// Writes the vectors of eth/transaction_cost, eth/contract_address and of u256's product into the folder given:
// node make_transaction_costs.mjs tests/vectors
// Oracles: anvil 1.7.1 for the gas below which it calls nothing, each type under the rules of the fork that brought it,
// since later ones ask for more of some; BigInt for sums; viem 2.40.0 signs, and knows where a contract comes to be.
import { writeFileSync } from 'node:fs'
import { getContractAddress, hexToBigInt, keccak256, numberToHex, slice, stringToHex, concatHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { startAnvil } from '../../dev/chain/index.js'

const folder = process.argv[2]
const count = (n) => [...Array(n).keys()]
let drawn = 0
const draw = () => hexToBigInt(keccak256(stringToHex(`cost ${drawn++}`)))
const below = (n) => Number(draw() % BigInt(n))
const randomBytes = (n) => n === 0 ? '0x'
  : slice(concatHex(count(Math.ceil(n / 32)).map(() => numberToHex(draw(), { size: 32 }))), 0, n)
const sparseBytes = (n) => n === 0 ? '0x' : concatHex(count(n).map(() => below(3) ? '0x00' : randomBytes(1)))
const integer = (bits) => draw() >> BigInt(256 - 1 - below(bits))
const LIMIT = 2n ** 256n
const GAS_PER_BLOB = 131072n

function write(name, description, columns, rows) {
  const head = [`# ${description}`, '# Made by make_transaction_costs.mjs.', `# ${columns.join('\t')}`]
  writeFileSync(`${folder}/${name}`, [...head, ...rows.map((row) => row.join('\t'))].join('\n') + '\n')
}

async function ask(url, method, params) {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  return (await fetch(url, { method: 'POST', headers, body })).json()
}

/** The lowest gas that a call is not refused with for what it takes before anything runs. */
async function intrinsicGas(url, call) {
  let low = 0, high = 20_000_000
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const { error } = await ask(url, 'eth_call', [{ ...call, gas: numberToHex(middle) }, 'latest'])
    if (/intrinsic|floor/i.test(error?.message ?? '')) low = middle + 1
    else high = middle
  }
  return low
}

const account = privateKeyToAccount(keccak256(stringToHex('cost')))
const accessList = () => count(below(4)).map(() => ({ address: randomBytes(20), storageKeys: count(below(4)).map(() => randomBytes(32)) }))
const recipient = () => below(4) ? { to: randomBytes(20) } : {}
const common = () => ({ chainId: 1, nonce: Number(draw() % 2n ** 50n), value: below(3) ? integer(80) : integer(256), data: sparseBytes(below(200)) })
const fees = () => {
  const [low, high] = [integer(below(4) ? 60 : 256), integer(below(4) ? 60 : 256)].sort((a, b) => a < b ? -1 : 1)
  return { maxPriorityFeePerGas: low, maxFeePerGas: high }
}
const price = () => ({ gasPrice: integer(below(4) ? 60 : 256) })
const authorizations = async () => Promise.all(count(1 + below(4)).map((n) =>
  account.signAuthorization({ chainId: 1, nonce: n, address: randomBytes(20) })))
const makers = {
  legacy: async () => ({ type: 'legacy', ...common(), ...recipient(), ...price() }),
  eip2930: async () => ({ type: 'eip2930', ...common(), ...recipient(), ...price(), accessList: accessList() }),
  eip1559: async () => ({ type: 'eip1559', ...common(), ...recipient(), ...fees(), accessList: accessList() }),
  eip7702: async () => ({ type: 'eip7702', ...common(), data: '0x', to: randomBytes(20), ...fees(), accessList: accessList(), authorizationList: await authorizations() }),
}
const FORKS = { legacy: 'istanbul', eip2930: 'berlin', eip1559: 'london', eip7702: 'prague' }

const anvils = {}
for (const [type, fork] of Object.entries(FORKS)) anvils[type] = await startAnvil({ args: ['--hardfork', fork, '--gas-limit', '30000000'] })
const authorization = (a) => ({ chainId: numberToHex(a.chainId), address: a.address, nonce: numberToHex(a.nonce), yParity: numberToHex(a.yParity), r: a.r, s: a.s })
const rows = []
for (const [type, make] of Object.entries(makers)) {
  for (const _ of count(30)) {
    const tx = { ...await make(), gas: integer(below(4) ? 30 : 64) }
    // Creations run no code here: init code of zeros stops at once.
    if (!tx.to) tx.data = concatHex(['0x00', tx.data])
    const call = { from: account.address, to: tx.to, data: tx.data, accessList: tx.accessList,
      ...(tx.authorizationList && { type: '0x4', authorizationList: tx.authorizationList.map(authorization) }) }
    const cost = tx.gas * (tx.gasPrice ?? tx.maxFeePerGas) + tx.value
    rows.push([await account.signTransaction(tx), await intrinsicGas(anvils[type].url, call), cost < LIMIT ? cost : 'over'])
  }
}
// Without blobs beside them: what they may cost is known from how many hashes there are.
for (const n of [1, 2, 6, 9]) {
  const tx = { type: 'eip4844', ...common(), data: '0x', to: randomBytes(20), ...fees(), maxFeePerBlobGas: integer(n === 9 ? 256 : 60),
    gas: integer(30), blobVersionedHashes: count(n).map(() => concatHex(['0x01', randomBytes(31)])) }
  const cost = tx.gas * tx.maxFeePerGas + tx.value + BigInt(n) * GAS_PER_BLOB * tx.maxFeePerBlobGas
  rows.push([await account.signTransaction(tx), 21000, cost < LIMIT ? cost : 'over'])
}
for (const anvil of Object.values(anvils)) await anvil.stop()

write('transaction_costs.tsv', 'Signed transactions, what they take before anything runs, and what they may cost in wei at most',
  ['raw', 'intrinsic gas', 'cost'], rows)
write('u256_products.tsv', "Products modulo 2^256, by JavaScript's BigInt", ['a', 'b', 'product', 'over'], count(300).map(() => {
  const [a, b] = [[integer(256), integer(64)], [0n, integer(64)], [LIMIT - 1n, integer(3)], [integer(192), 2n ** 64n - 1n]][below(4)]
  return [numberToHex(a), b, numberToHex((a * b) % LIMIT), a * b < LIMIT ? 0 : 1]
}))
const nonces = [0, 1, 2, 55, 56, 127, 128, 255, 256, 65535, 65536, 2 ** 32, Number.MAX_SAFE_INTEGER]
write('contract_addresses.tsv', 'Where a contract comes to be', ['sender', 'nonce', 'contract'], nonces.flatMap((nonce) =>
  count(3).map(() => randomBytes(20)).map((from) => [from, nonce, getContractAddress({ from, nonce: BigInt(nonce) }).toLowerCase()])))
