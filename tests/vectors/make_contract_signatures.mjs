// Writes the vectors of eth/contract_signature into the folder given: node make_contract_signatures.mjs tests/vectors
// Oracles: viem 2.40.0 encodes, and judges the same signatures with ERC-6492's own validator; a real anvil 1.7.1 runs the
// init code. Everything is derived from counters, so that a second run writes the same bytes.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import {
  bytesToHex, concatHex, createTestClient, encodeFunctionData, http, keccak256, numberToHex,
  parseAbi, publicActions, serializeErc6492Signature, size, slice, stringToHex, walletActions, zeroAddress,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { compileAll, startAnvil } from '../../dev/chain/index.js'
import { assemble } from './evm_assembler.mjs'

const folder = process.argv[2]
const MAX_BYTES = 16384
const MAGIC_WORD = `0x1626ba7e${'0'.repeat(56)}`
const count = (n) => [...Array(n).keys()]
const random32 = (label, n) => keccak256(stringToHex(`${label} ${n}`))
const randomBytes = (label, length) => length === 0 ? '0x'
  : slice(concatHex(count(Math.ceil(length / 32)).map((n) => random32(label, n))), 0, length)
const randomAddress = (label, n) => slice(random32(label, n), 12)

function write(name, description, columns, rows) {
  const head = [`# ${description}`, '# Made by make_contract_signatures.mjs.', `# ${columns.join('\t')}`]
  writeFileSync(`${folder}/${name}`, [...head, ...rows.map((row) => row.join('\t'))].join('\n') + '\n')
}

const abi = parseAbi(['function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)'])
const question = (hash, signature) => encodeFunctionData({ abi, functionName: 'isValidSignature', args: [hash, signature] })
const LENGTHS = [0, 1, 31, 32, 33, 63, 64, 65, 66, 95, 96, 97, 130, 1000]
write('erc1271_calls.tsv', "viem's encodeFunctionData of isValidSignature(bytes32,bytes)", ['hash', 'signature', 'calldata'],
  LENGTHS.map((length) => [random32('hash', length), randomBytes('signature', length), question(random32('hash', length), randomBytes('signature', length))]))

const wrapped = (factory, data, signature) => serializeErc6492Signature({ address: factory, data, signature })
write('erc6492.tsv', "viem's serializeErc6492Signature", ['factory', 'factory data', 'signature', 'wrapped'],
  LENGTHS.flatMap((data) => LENGTHS.map((length) => [randomAddress('factory', data + length), randomBytes('data', data), randomBytes('inner', length)]))
    .map((row) => [...row, wrapped(...row)]))

// What the program of contract_signature.c has to be.
const program = (end) => assemble(`
    CODESIZE 0 0 CODECOPY
    0  ${end + 40 - 30} MLOAD 0xffff AND
  ask: # prepared calldata
    32 0  DUP3 CODESIZE SUB  DUP4  ${end - 12} MLOAD  2 GAS DIV  STATICCALL
    32 RETURNDATASIZE EQ AND  ${MAGIC_WORD} 0 MLOAD EQ AND  @valid JUMPI
    SWAP1 @refused JUMPI
    ${end - 12} MLOAD EXTCODESIZE @refused JUMPI
    1 SWAP1
    0 0  ${end + 42} DUP4 SUB  ${end + 42}  0  ${end + 20 - 12} MLOAD  2 GAS DIV  CALL POP
    @ask JUMP
  valid:
    32 0 RETURN
  refused:
    STOP`)
const PROGRAM = bytesToHex(program(program(100).length))
const initCode = (wallet, hash, { factory, data, signature }) => concatHex([PROGRAM, wallet, factory,
  numberToHex(size(PROGRAM) + 42 + size(data), { size: 2 }), data, question(hash, signature)])

const anvil = await startAnvil({ args: ['--timestamp', '1700000000'] })
const client = createTestClient({ mode: 'anvil', transport: http(anvil.url, { retryCount: 0 }) }).extend(publicActions).extend(walletActions)
const [deployer] = await client.getAddresses()
const contracts = await compileAll()
const owner = privateKeyToAccount(random32('owner', 0))
const heir = privateKeyToAccount(random32('owner', 1))
const stranger = privateKeyToAccount(random32('owner', 2))
const salt = random32('salt', 0)
const hash = random32('hash', 0)
const signedBy = (account) => account.sign({ hash })

async function deploy(name, args = []) {
  const transaction = await client.deployContract({ ...contracts[name], args, account: deployer, chain: null })
  return (await client.waitForTransactionReceipt({ hash: transaction, pollingInterval: 5 })).contractAddress
}
const create = (account, withSalt = salt) =>
  encodeFunctionData({ abi: contracts.WalletFactory.abi, functionName: 'create', args: [account.address, withSalt] })
const factory = await deploy('WalletFactory')
const walletOf = (account) => client.readContract({ abi: contracts.WalletFactory.abi, address: factory, functionName: 'addressOf', args: [account.address, salt] })

async function send(to, data, account = deployer) {
  const transaction = await client.sendTransaction({ to, data, account, chain: null })
  assert.equal((await client.waitForTransactionReceipt({ hash: transaction, pollingInterval: 5 })).status, 'success')
}

// Contracts as short as they can be, in the place of a factory.
const CONTRACTS = {
  silent: '0 0 REVERT',
  loud: '100000 0 REVERT',
  invalid: 'INVALID',
  hog: 'again: @again JUMP',
  zeros: '100000 0 RETURN',
  magic: `${MAGIC_WORD} 0 MSTORE 32 0 RETURN`, // says yes to everything
  echo: 'CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 RETURN',
  echoWord: 'CALLDATASIZE 0 0 CALLDATACOPY 32 0 RETURN', // begins with the selector, which is the magic value
  revertedMagic: `${MAGIC_WORD} 0 MSTORE 32 0 REVERT`,
  begins0xef: `0xef${'0'.repeat(62)} 0 MSTORE 32 0 RETURN`,
}
const at = Object.fromEntries(Object.keys(CONTRACTS).map((name, n) => [name, numberToHex(0xc0de00 + n, { size: 20 })]))
for (const [name, source] of Object.entries(CONTRACTS)) await client.setCode({ address: at[name], bytecode: bytesToHex(assemble(source)) })
const NOBODY = numberToHex(0xdead, { size: 20 })

const undeployed = await walletOf(owner)
const deployed = await walletOf(heir)
await send(factory, create(heir))
const rotated = await walletOf(stranger)
await send(factory, create(stranger))
await client.setBalance({ address: stranger.address, value: 10n ** 18n })
await send(rotated, encodeFunctionData({ abi: contracts.Wallet.abi, functionName: 'setOwner', args: [owner.address] }), stranger)
const unprepared = await deploy('UnpreparedWallet', [owner.address])
const prepare = encodeFunctionData({ abi: contracts.UnpreparedWallet.abi, functionName: 'prepare' })
const ANSWERS = ['Valid', 'NotPadded', 'Short', 'Long', 'Empty', 'One', 'Reverts', 'BurnsGas', 'Huge', 'Writes']
const odd = {}
for (const [n, answer] of ANSWERS.entries()) odd[answer] = await deploy('OddWallet', [n])

const bySigner = async (account, data = create(owner)) => ({ factory, data, signature: await signedBy(account) })
const byHeir = await signedBy(heir)
const idle = { factory: NOBODY, data: '0x', signature: '0x' }
const ours = await bySigner(owner)
const filler = randomBytes('filler', MAX_BYTES - size(wrapped(factory, ours.data, ours.signature)))
const longData = concatHex([ours.data, filler])

// What ERC-6492's validator says is what the program must, but where `stricter` tells why not.
const cases = [
  { what: 'not made yet, its owner', wallet: undeployed, how: ours, valid: true },
  { what: 'not made yet, a stranger', wallet: undeployed, how: await bySigner(stranger) },
  { what: 'not made yet, no signature', wallet: undeployed, how: { ...ours, signature: '0x' } },
  { what: 'not made yet, the longest data', wallet: undeployed, how: { ...ours, data: longData }, valid: true },
  { what: 'a factory that makes another wallet', wallet: undeployed, how: await bySigner(owner, create(heir, random32('salt', 1))) },
  { what: 'a factory that is told nothing', wallet: undeployed, how: await bySigner(owner, '0x') },
  ...['silent', 'loud', 'invalid', 'hog', 'zeros', 'magic', 'echo', 'begins0xef'].map((name) => (
    { what: `a factory that is no factory: ${name}`, wallet: undeployed, how: { ...ours, factory: at[name] } })),
  { what: 'a factory without code', wallet: undeployed, how: { ...ours, factory: NOBODY } },
  { what: 'the zero address as a factory', wallet: undeployed, how: { ...ours, factory: zeroAddress } },
  { what: 'made already, its owner', wallet: deployed, how: await bySigner(heir, create(heir)), valid: true },
  { what: 'made already, a stranger', wallet: deployed, how: await bySigner(owner, create(heir)) },
  ...['silent', 'hog', 'zeros'].map((name) => (
    { what: `made already, the factory is not needed: ${name}`, wallet: deployed, how: { ...ours, factory: at[name], signature: byHeir }, valid: true })),
  { what: 'the owner was replaced: the old one', wallet: rotated, how: await bySigner(stranger, create(stranger)) },
  { what: 'the owner was replaced: the new one', wallet: rotated, how: await bySigner(owner, create(stranger)), valid: true },
  { what: 'has to be prepared', wallet: unprepared, how: { factory: unprepared, data: prepare, signature: await signedBy(owner) }, stricter: true },
  { what: 'has to be prepared, a stranger', wallet: unprepared, how: { factory: unprepared, data: prepare, signature: await signedBy(stranger) } },
  { what: 'has to be prepared, but is not', wallet: unprepared, how: await bySigner(owner) },
  ...ANSWERS.map((answer) => ({ what: `answers: ${answer}`, wallet: odd[answer], how: idle, valid: answer === 'Valid',
    stricter: ['Long', 'Huge'].includes(answer) })), // solc takes the first word of more
  ...['silent', 'loud', 'invalid', 'hog', 'zeros', 'echo', 'echoWord', 'revertedMagic', 'begins0xef'].map((name) => (
    { what: `a wallet that is no wallet: ${name}`, wallet: at[name], how: idle })),
  { what: 'a wallet that says yes to everything', wallet: at.magic, how: idle, valid: true },
  ...count(9).map((n) => ({ what: `precompile ${n + 1}`, wallet: numberToHex(n + 1, { size: 20 }), how: { ...ours, factory: NOBODY } })),
  { what: 'nobody', wallet: NOBODY, how: idle },
]

async function run({ what, wallet, how, valid = false, stricter = false }) {
  const signature = wrapped(how.factory, how.data, how.signature)
  assert.ok(size(signature) <= MAX_BYTES, what)
  const code = initCode(wallet, hash, how)
  const { data } = await client.call({ data: code })
  assert.equal(data, valid ? MAGIC_WORD : undefined, what)
  if (!stricter) assert.equal(await client.verifyHash({ address: wallet, hash, signature }), valid, `${what}: by ERC-6492's validator`)
  return [what, wallet, hash, signature, code, valid ? 'valid' : 'refused']
}

const rows = []
for (const each of cases) rows.push(await run(each))
await anvil.stop()
write('wallet_checks.tsv', "Init code that anvil ran, and whether the wallet took the signature; ERC-6492's validator says the same",
  ['what', 'wallet', 'hash', 'signature', 'init code', 'answer'], rows)
