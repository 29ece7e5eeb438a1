// Writes the vectors of eth/abi_builtin and eth/abi_word into the folder given: node make_abi_builtin.mjs tests/vectors
// Oracles: the interfaces of OpenZeppelin as solc compiled them and viem's ABIs say what the standards have; what
// neither has is written here from the contracts as they are deployed (WETH9, Multicall3). viem 2.40.0 hashes and encodes.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import {
  encodeFunctionData, erc1155Abi, erc20Abi, erc721Abi, keccak256, maxInt256, maxUint256, minInt256, multicall3Abi, parseAbi, slice, stringToHex,
  toEventSelector,
} from 'viem'
import { formatAbiItem } from 'viem/utils'
import { formatAbiItem as formatReadable } from 'abitype'

const folder = process.argv[2]
const require = createRequire(import.meta.url)

function write(name, description, columns, rows) {
  const head = [`# ${description}`, '# Made by make_abi_builtin.mjs.', `# ${columns.join('\t')}`]
  writeFileSync(`${folder}/${name}`, [...head, ...rows.map((row) => row.join('\t'))].join('\n') + '\n')
}

const compiled = (contract) => JSON.parse(readFileSync(require.resolve(`@openzeppelin/contracts/build/contracts/${contract}.json`))).abi
const standards = ['IERC20', 'IERC20Metadata', 'IERC20Permit', 'IERC20Errors', 'IERC721', 'IERC721Metadata', 'IERC721Enumerable',
  'IERC721Errors', 'IERC721Receiver', 'IERC1155', 'IERC1155MetadataURI', 'IERC1155Errors', 'IERC1155Receiver'].flatMap(compiled)
const written = parseAbi(['function deposit() payable', 'function withdraw(uint256 wad)', 'event Deposit(address indexed dst, uint256 wad)',
  'event Withdrawal(address indexed src, uint256 wad)', 'error Error(string message)', 'error Panic(uint256 code)',
  'struct Call { address target; bytes callData; }', 'struct Result { bool success; bytes returnData; }',
  'struct Call3 { address target; bool allowFailure; bytes callData; }',
  'function aggregate(Call[] calls) payable returns (uint256 blockNumber, bytes[] returnData)',
  'function aggregate3(Call3[] calls) payable returns (Result[] returnData)',
  'function tryAggregate(bool requireSuccess, Call[] calls) payable returns (Result[] returnData)',
  'function getBlockHash(uint256 blockNumber) view returns (bytes32 blockHash)', 'function getBlockNumber() view returns (uint256 blockNumber)',
  'function getEthBalance(address addr) view returns (uint256 balance)', 'function getLastBlockHash() view returns (bytes32 blockHash)'])
const kinds = ['function', 'event', 'error']
const hash = (item) => item.type === 'event' ? toEventSelector(item) : slice(keccak256(stringToHex(formatAbiItem(item))), 0, 4)
const rows = new Map([...standards, ...written].filter(({ type }) => kinds.includes(type)).map(
  (item) => [formatReadable(item), [item.type, formatReadable(item), hash(item)]]))
write('abi_builtin.tsv', 'Items that everybody knows, and their hashes', ['kind', 'readable', 'selector or topic0'], [...rows.values()])

// Names of parameters differ from one source to the next, signatures do not. viem's ERC-721 calls one function by
// another's name.
const viems = [...erc20Abi, ...erc721Abi, ...erc1155Abi, ...multicall3Abi].filter(
  (item) => kinds.includes(item.type) && formatAbiItem(item) !== 'tokenByIndex(address,uint256)')
const signatures = new Map(viems.map((item) => [`${item.type} ${formatAbiItem(item)}`, [item.type, formatAbiItem(item), hash(item)]]))
write('abi_builtin_signatures.tsv', "What viem's ABIs have", ['kind', 'canonical', 'selector or topic0'], [...signatures.values()])

// Calls of words.abi, each with what its test encodes.
const words = parseAbi(readFileSync(`${folder}/words.abi`, 'utf8').split('\n').map((line) => line.trim()).filter(
  (line) => /^(function|event) /.test(line) && !/function d|register|anonymous/.test(line)).concat(
  'function fixedBytes(bytes1 a, bytes4 b, bytes32 c, function d)', 'function others(address, bool, uint8, uint8, bool, bool, address)'))
const withHook = JSON.parse(JSON.stringify(words).replaceAll('"type":"function","name":"d"', '"type":"bytes24","name":"d"'))
const low = (bits) => -(2n ** (bits - 1n))
const high = (bits, signed) => 2n ** (signed ? bits - 1n : bits) - 1n
const bytes = (size, first) => `0x${[...Array(size).keys()].map((i) => (first + i).toString(16).padStart(2, '0')).join('')}`
const hook = bytes(24, 0x50)
const hooked = (args) => {
  // viem does not encode the type function, which is as long as bytes24; the selector is that of function.
  const data = encodeFunctionData({ abi: withHook, functionName: 'fixedBytes', args })
  return `${slice(keccak256(stringToHex('fixedBytes(bytes1,bytes4,bytes32,function)')), 0, 4)}${data.slice(10)}`
}
const call = (what, functionName, args) => [what, encodeFunctionData({ abi: words, functionName, args })]
write('abi_words.tsv', 'Calls of words.abi', ['what', 'calldata'], [
  call('uints low', 'uints', [0, 0, 0n, 0n, 0n, 0n]),
  call('uints high', 'uints', [255, 0xffffff, high(64n), high(72n), high(128n), maxUint256]),
  call('uints middle', 'uints', [0x12, 0x123456, 0x123456789abcdef0n, 0x123456789abcdef012n, 1n << 64n, 1n << 255n]),
  call('ints low', 'ints', [-128, Number(low(24n)), low(64n), low(72n), low(128n), minInt256]),
  call('ints high', 'ints', [127, Number(high(24n, true)), high(64n, true), high(72n, true), high(128n, true), maxInt256]),
  call('ints minus one', 'ints', [-1, -1, -1n, -1n, -1n, -1n]),
  ['fixed bytes', hooked([bytes(1, 0xab), bytes(4, 1), bytes(32, 0x80), hook])],
  call('others', 'others', [bytes(20, 0x10), true, 7, 255, false, true, bytes(20, 0xe0)]),
  call('overloaded', 'overloaded', []), ['overloaded 2', encodeFunctionData({ abi: parseAbi(['function overloaded(bool)']), args: [true] })],
  call('server', 'HTTPServer_ofX2Y', ['0xdeadbeef']),
])
