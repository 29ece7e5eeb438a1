// Writes the vectors of eth/rlp and eth/transaction into the folder given: node make_transactions.mjs tests/vectors
// Oracle: viem 2.40.0 encodes, signs and hashes; what it does not write is put together here from its toRlp. All is
// derived from Keccak-256 of a counter and signatures are RFC 6979's, so that a second run writes the same bytes.
// A byte that is there many times is written once: (ab*131072).
import { writeFileSync } from 'node:fs'
import {
  concatHex, fromRlp, hexToBigInt, keccak256, numberToHex, parseSignature, serializeTransaction, size, slice, stringToHex, toRlp,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { hashAuthorization } from 'viem/utils'

const folder = process.argv[2]
const count = (n) => [...Array(n).keys()]
let drawn = 0
const draw = () => hexToBigInt(keccak256(stringToHex(`transaction ${drawn++}`)))
const below = (n) => Number(draw() % BigInt(n))
const randomBytes = (length) => length === 0 ? '0x'
  : slice(concatHex(count(Math.ceil(length / 32)).map(() => numberToHex(draw(), { size: 32 }))), 0, length)
// Small, large and the largest, and what lies at the edges of a byte.
const integer = (bits, max = 2n ** BigInt(bits) - 1n) => {
  const n = [0n, BigInt(below(256)), draw() >> BigInt(256 - 1 - below(bits)), 1n << BigInt(below(bits)), max][below(5)]
  return n > max ? max : n
}
// Runs begin at a byte: two digits at a time.
const packed = (hex) => {
  const bytes = hex.slice(2).match(/../g) ?? []
  let out = '0x'
  for (let i = 0; i < bytes.length;) {
    let end = i
    while (end < bytes.length && bytes[end] === bytes[i]) end++
    out += end - i >= 12 ? `(${bytes[i]}*${end - i})` : bytes[i].repeat(end - i)
    i = end
  }
  return out
}

function write(name, description, columns, rows) {
  const head = [`# ${description}`, '# Made by make_transactions.mjs.', `# ${columns.join('\t')}`]
  writeFileSync(`${folder}/${name}`, [...head, ...rows.map((row) => row.join('\t'))].join('\n') + '\n')
}

// RLP: trees, written as text beside what they encode to.
const tree = (depth) => below(3) === 0 && depth > 0 ? count(below(6)).map(() => tree(depth - 1))
  : randomBytes([0, 1, 2, 20, 32, 54, 55, 56, 57, 255, 256, 257][below(12)])
const text = (node) => Array.isArray(node) ? `[${node.map(text).join(',')}]` : node
const trees = [...count(256).map((n) => numberToHex(n, { size: 1 })), '0x', [], [[]], [[], [[]], [[], [[]]]], randomBytes(8192),
  ...[54, 55, 56, 57, 255, 256].map((n) => count(n).map(() => '0x01')), ...count(60).map(() => [tree(4), tree(4), tree(3)])]
write('rlp.tsv', "viem's toRlp", ['value', 'encoded'], trees.map((node) => [text(node), toRlp(node)]))
write('rlp_integers.tsv', "viem's toRlp of integers", ['integer', 'encoded'],
  [...count(300).map(BigInt), ...count(257).flatMap((n) => [2n ** BigInt(n) - 1n, n < 256 ? 2n ** BigInt(n) : 0n])]
    .map((n) => [n, toRlp(n === 0n ? '0x' : numberToHex(n))]))

// Transactions of every type, with whatever a field may hold.
const account = (n) => privateKeyToAccount(keccak256(stringToHex(`key ${n}`)))
const lower = (hex) => hex.toLowerCase()
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const accessList = () => count(below(4)).map(() => ({ address: randomBytes(20), storageKeys: count(below(4)).map(() => randomBytes(32)) }))
const common = () => ({
  nonce: integer(64, 2n ** 64n - 2n), gas: integer(64), value: integer(256), data: randomBytes([0, 1, 4, 36, 55, 56, 68, 300][below(8)]),
})
const chain = () => integer(64) || 1n
const target = (mayCreate) => mayCreate && below(4) === 0 ? {} : { to: randomBytes(20) }
function fees() {
  const [a, b] = [integer(256), integer(256)]
  return a < b ? { maxPriorityFeePerGas: a, maxFeePerGas: b } : { maxPriorityFeePerGas: b, maxFeePerGas: a }
}
const authorize = async (n) => {
  const unsigned = { chainId: below(3) === 0 ? 0 : chain(), address: randomBytes(20), nonce: integer(64) }
  const signature = parseSignature(await account(n).sign({ hash: hashAuthorization(unsigned) }))
  return { ...unsigned, r: signature.r, s: signature.s, yParity: signature.yParity, signer: lower(account(n).address) }
}
const sidecars = (n) => count(n).map(() => ({
  blob: `0x${numberToHex(below(256), { size: 1 }).slice(2).repeat(131072)}`, commitment: randomBytes(48), proof: randomBytes(48),
}))
const blobHashes = (n) => count(n).map(() => concatHex(['0x01', randomBytes(31)]))
const kinds = {
  legacy: () => ({ type: 'legacy', ...common(), ...target(true), gasPrice: integer(256) }),
  eip155: () => ({ type: 'legacy', ...common(), ...target(true), gasPrice: integer(256), chainId: Math.max(1, Number(integer(53))) }),
  eip2930: () => ({ type: 'eip2930', ...common(), ...target(true), gasPrice: integer(256), chainId: chain(), accessList: accessList() }),
  eip1559: () => ({ type: 'eip1559', ...common(), ...target(true), ...fees(), chainId: chain(), accessList: accessList() }),
  eip4844: (n = 1 + below(6)) => ({
    type: 'eip4844', ...common(), ...target(), ...fees(), chainId: chain(), accessList: accessList(),
    maxFeePerBlobGas: integer(256), blobVersionedHashes: blobHashes(n),
  }),
  eip7702: async () => ({
    type: 'eip7702', ...common(), ...target(), ...fees(), chainId: chain(), accessList: accessList(),
    authorizationList: await Promise.all(count(1 + below(3)).map((n) => authorize(below(1000) + n))),
  }),
}
const types = { legacy: 0, eip2930: 1, eip1559: 2, eip4844: 3, eip7702: 4 }
const listed = (items) => items?.length ? items.join(';') : '-'
const described = (tx, sidecar = 'none') => [
  types[tx.type], tx.chainId ?? '-', tx.nonce, tx.maxPriorityFeePerGas ?? tx.gasPrice, tx.maxFeePerGas ?? tx.gasPrice, tx.gas, tx.to ?? '-',
  tx.value, tx.data, listed(tx.accessList?.map(({ address, storageKeys }) => `${address}:${storageKeys.join(',')}`)),
  tx.maxFeePerBlobGas ?? 0, listed(tx.blobVersionedHashes),
  listed(tx.authorizationList?.map(({ chainId, address, nonce, signer }) => `${chainId}:${address}:${nonce}:${signer}`)), sidecar,
].join(' ')

async function signed(tx, n) {
  const whole = await account(n).signTransaction(tx)
  const { sidecars: _, ...plain } = tx
  const bare = tx.sidecars ? await account(n).signTransaction(plain) : whole
  return { whole, bare, row: [keccak256(bare), keccak256(serializeTransaction(plain)), lower(account(n).address)] }
}
// EIP-7594: a version, and a proof for every cell. In: a network form of EIP-4844.
const asCells = (whole, proof = randomBytes(48)) => {
  const [body, blobs, commitments] = fromRlp(slice(whole, 1))
  return concatHex(['0x03', toRlp([body, '0x01', blobs, commitments, blobs.flatMap(() => count(128).map(() => proof))])])
}
const rows = []
for (const kind of Object.keys(kinds)) {
  for (const n of count(60)) {
    const tx = await kinds[kind]()
    const { whole, row } = await signed(tx, n)
    rows.push([described(tx), ...row, packed(whole)])
  }
}
for (const n of count(12)) {
  const tx = { ...kinds.eip4844(1 + n % 6), sidecars: sidecars(1 + n % 6) }
  const { whole, row } = await signed(tx, n)
  rows.push([described(tx, 'proofs'), ...row, packed(whole)])
  if (n < 6) rows.push([described(tx, 'cells'), ...row, packed(asCells(whole, `0x${'c7'.repeat(48)}`))])
}
// viem's numbers end at 2^53.
for (const [n, chainId] of [2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 2n, 2n ** 64n - 1n].entries()) {
  const tx = { ...kinds.legacy(), nonce: 1n, gasPrice: 9n, gas: 21000n, value: 5n, chainId }
  const items = ['0x01', '0x09', '0x5208', tx.to ?? '0x', '0x05', tx.data]
  const hash = keccak256(toRlp([...items, numberToHex(chainId), '0x', '0x']))
  const { r, s, yParity } = parseSignature(await account(n).sign({ hash }))
  const short = (hex) => numberToHex(hexToBigInt(hex))
  const whole = toRlp([...items, numberToHex(35n + 2n * chainId + BigInt(yParity)), short(r), short(s)])
  rows.push([described(tx), keccak256(whole), hash, lower(account(n).address), packed(whole)])
}
write('transactions.tsv', "viem's signTransaction: fields, hash, signing hash, sender",
  ['type chainId nonce maxPriorityFee maxFee gas to value data accessList maxFeePerBlobGas blobHashes authorizations sidecar',
    'hash', 'signing hash', 'sender', 'transaction'], rows)

// What is refused. Each is a good transaction with one thing changed; the text is what the problem has in it.
const refused = []
const no = (what, problem, raw, err = 'parameter') => refused.push([what, err, problem, packed(raw)])
const names = {
  legacy: ['nonce', 'gasPrice', 'gas', 'to', 'value', 'data', 'v', 'r', 's'],
  eip2930: ['chainId', 'nonce', 'gasPrice', 'gas', 'to', 'value', 'data', 'accessList', 'yParity', 'r', 's'],
  eip1559: ['chainId', 'nonce', 'maxPriorityFeePerGas', 'maxFeePerGas', 'gas', 'to', 'value', 'data', 'accessList', 'yParity', 'r', 's'],
}
names.eip4844 = [...names.eip1559.slice(0, 9), 'maxFeePerBlobGas', 'blobVersionedHashes', 'yParity', 'r', 's']
names.eip7702 = [...names.eip1559.slice(0, 9), 'authorizationList', 'yParity', 'r', 's']
const longest = { nonce: 8, chainId: 8, gas: 8, yParity: 8 }
const isText = (name) => ['to', 'data'].includes(name)
const isList = (name) => /List|Hashes/.test(name)
const entry = [randomBytes(20), [randomBytes(32)]]
const wrap = (items) => { // a list of items that are encoded already
  const body = concatHex(['0x', ...items])
  const length = size(body)
  if (length <= 55) return concatHex([numberToHex(0xc0 + length), body])
  const digits = numberToHex(length, { size: length < 256 ? 1 : length < 65536 ? 2 : 3 })
  return concatHex([numberToHex(0xf7 + size(digits)), digits, body])
}
const bases = {}
for (const kind of Object.keys(names)) {
  const tx = await kinds[kind === 'legacy' ? 'eip155' : kind]()
  Object.assign(tx, { nonce: 7, gas: 21000n, value: 5n, data: '0x1234', to: randomBytes(20), chainId: 31337 })
  Object.assign(tx, tx.gasPrice !== undefined ? { gasPrice: 9n } : { maxFeePerGas: 9n, maxPriorityFeePerGas: 3n })
  if (kind !== 'legacy') tx.accessList = [{ address: entry[0], storageKeys: entry[1] }]
  const { whole, bare } = await signed(tx, 5)
  const prefix = kind === 'legacy' ? '0x' : slice(whole, 0, 1)
  const items = fromRlp(kind === 'legacy' ? whole : slice(whole, 1))
  const encoded = items.map((item) => toRlp(item))
  const put = (name, raw) => concatHex([prefix, wrap(encoded.map((old, i) => names[kind][i] === name ? raw : old))])
  const set = (name, value) => put(name, toRlp(value))
  bases[kind] = { tx, prefix, items, put, set, bare }
  for (const name of names[kind]) {
    const must = `${name} must be`
    if (isList(name)) {
      no(`${kind}: a string for ${name}`, must, set(name, '0x1234'))
      no(`${kind}: the empty string for ${name}`, must, set(name, '0x'))
    } else {
      // A list in the first place of a blob transaction is a transaction in its network form.
      const wanted = kind === 'eip4844' && name === 'chainId' ? 'a list of 14 items' : must
      no(`${kind}: a list for ${name}`, wanted, set(name, []))
      no(`${kind}: ${name} in a list`, wanted, set(name, ['0x01']))
    }
    no(`${kind}: the length of ${name} has a leading zero`, must, put(name, concatHex(['0xb90038', `0x${'11'.repeat(56)}`])))
    no(`${kind}: the length of ${name} would fit its prefix`, must, put(name, concatHex(['0xb837', `0x${'11'.repeat(55)}`])))
    no(`${kind}: ${name} is a byte behind a prefix`, must, put(name, '0x8101'))
    no(`${kind}: the length of ${name} leads out`, must, put(name, '0xbb7fffffff'))
    no(`${kind}: the length of ${name} is 2^64-1`, must, put(name, '0xbfffffffffffffffff'))
    no(`${kind}: the list for ${name} is 2^64-1 long`, must, put(name, '0xffffffffffffffffff'))
    if (isList(name) || isText(name)) continue
    no(`${kind}: ${name} has a leading zero`, must, set(name, '0x0001'))
    no(`${kind}: ${name} is the byte 0`, must, put(name, '0x00'))
    no(`${kind}: ${name} is too long`, must, set(name, `0x01${'00'.repeat(longest[name] ?? 32)}`))
  }
  for (const n of [0, 1, names[kind].length - 1]) {
    no(`${kind}: ${n} items`, `must be a list of ${items.length} items`, concatHex([prefix, wrap(encoded.slice(0, n))]))
  }
  no(`${kind}: an item too many`, `must be a list of ${items.length} items`, concatHex([prefix, wrap([...encoded, '0x80'])]))
  no(`${kind}: a broken item too many`, 'nothing may stand behind s', concatHex([prefix, wrap([...encoded, '0x8100'])]))
  no(`${kind}: a byte behind it`, 'nothing may stand behind the transaction', concatHex([bare, '0x00']))
  no(`${kind}: itself behind it`, 'nothing may stand behind the transaction', concatHex([bare, bare]))
  no(`${kind}: cut`, 'whole and in its shortest form', slice(bare, 0, size(bare) - 1))
  no(`${kind}: nonce of 2^64-1`, 'nonce must be', set('nonce', `0x${'ff'.repeat(8)}`))
  no(`${kind}: to of 19 bytes`, 'to must be', set('to', randomBytes(19)))
  no(`${kind}: to of 21 bytes`, 'to must be', set('to', randomBytes(21)))
  no(`${kind}: zero r`, 'r must be', set('r', '0x'), 'signature')
  no(`${kind}: zero s`, 's 1 to', set('s', '0x'), 'signature')
  no(`${kind}: r is n`, 'r must be', set('r', numberToHex(N)), 'signature')
  no(`${kind}: r is no point's`, 'r must be the x', set('r', '0x05'), 'signature')
  no(`${kind}: high s`, 's 1 to', set('s', numberToHex(N - hexToBigInt(items.at(-1)))), 'signature')
  no(`${kind}: s is half of n and one`, 's 1 to', set('s', numberToHex(N / 2n + 1n)), 'signature')
  no(`${kind}: s is 2^256-1`, 's 1 to', set('s', numberToHex(2n ** 256n - 1n)), 'signature')
  if (kind === 'legacy') {
    for (const v of [0n, 1n, 26n, 29n, 34n, 35n, 36n, 2n ** 65n + 35n, 2n ** 65n + 36n, 2n ** 65n + 99n, 2n ** 66n + 99n,
      2n ** 129n + 99n, 2n ** 200n + 99n, 2n ** 256n - 1n]) {
      no(`legacy: v is ${v}`, 'v must be 27', set('v', v === 0n ? '0x' : numberToHex(v)), 'signature')
    }
    no('legacy: 128 KB and a byte', 'at most 131072 bytes', concatHex([bare, `0x${'00'.repeat(131073 - size(bare))}`]))
    continue
  }
  no(`${kind}: chain 0`, 'chainId must be', set('chainId', '0x'))
  for (const v of [2, 27, 28, 255]) no(`${kind}: yParity is ${v}`, 'yParity must be', set('yParity', numberToHex(v)), 'signature')
  if (kind !== 'eip2930') no(`${kind}: a tip past the fee`, 'maxFeePerGas must be', set('maxPriorityFeePerGas', '0x0a'))
  const [a, keys] = entry
  for (const [what, list] of Object.entries({
    'an address alone': [a], 'an entry of one': [[a]], 'an entry of three': [[a, keys, keys]], 'an entry of none': [[]],
    'a short address': [[randomBytes(19), keys]], 'an address in a list': [[[a], keys]], 'a key for keys': [[a, keys[0]]],
    'a short key': [[a, [randomBytes(31)]]], 'a long key': [[a, [randomBytes(33)]]], 'a list for a key': [[a, [[]]]],
    'a broken second entry': [entry, [a]],
  })) no(`${kind}: accessList has ${what}`, 'accessList must be', set('accessList', list))
  let deep = []
  for (let n = 0; n < 1000; n++) deep = [deep]
  no(`${kind}: accessList is 1000 deep`, 'accessList must be', set('accessList', deep))
  no(`${kind}: empty`, 'whole', prefix)
  no(`${kind}: a string`, 'whole', concatHex([prefix, '0x83010203']))
  no(`${kind}: a list longer than it says`, 'nothing may stand behind', concatHex([prefix, '0xc0', wrap(encoded)]))
  no(`${kind}: of type 5`, 'types 1 to 4', concatHex(['0x05', slice(bare, 1)]))
}
for (const byte of [0x00, 0x05, 0x7f, 0x80, 0xb8, 0xbf]) no(`begins with ${byte}`, 'legacy or of the types', concatHex([numberToHex(byte, { size: 1 }), slice(bases.legacy.bare, 0, 60)]))
no('nothing', 'must not be empty', '0x')
no('lists alone', 'whole', `0x${'ff'.repeat(40)}`)
no('nested lists alone', 'must be a list of 9 items, not 1', toRlp(count(1000).reduce((inner) => [inner], [])))

const blob = bases.eip4844
const hash = blobHashes(1)[0]
for (const [what, list] of Object.entries({
  'no hashes': [], 'a short hash': [slice(hash, 0, 31)], 'a long hash': [concatHex([hash, '0x00'])], 'another version': [concatHex(['0x02', slice(hash, 1)])],
  'a broken second one': [hash, '0x01'], 'a list for a hash': [[hash]],
})) no(`eip4844: ${what}`, 'blobVersionedHashes must be', blob.set('blobVersionedHashes', list))
for (const kind of ['eip4844', 'eip7702']) no(`${kind}: a creation`, 'to must be 20 bytes', bases[kind].set('to', '0x'))
no('eip4844: 128 KB of data in the plain form', 'at most 131072 bytes', blob.set('data', `0x${'00'.repeat(131072)}`))

const tuple = [...blob.items.slice(0, 1), randomBytes(20), '0x01', '0x01', randomBytes(32), randomBytes(32)]
const changed = (i, value) => [tuple.map((item, at) => at === i ? value : item)]
for (const [what, list] of Object.entries({
  'no authorisations': [], 'an empty one': [[]], 'five items': [tuple.slice(0, 5)], 'seven items': [[...tuple, '0x']], 'a string': ['0x01'],
  'a long chain id': changed(0, `0x01${'00'.repeat(32)}`), 'a chain id with a zero': changed(0, '0x0001'), 'a short address': changed(1, randomBytes(19)),
  'no address': changed(1, '0x'), 'a long nonce': changed(2, `0x01${'00'.repeat(8)}`), 'a parity of 256': changed(3, '0x0100'),
  'a long r': changed(4, `0x01${'00'.repeat(32)}`), 'a long s': changed(5, `0x01${'00'.repeat(32)}`), 'an r with a zero': changed(4, '0x0001'),
  'a broken second one': [tuple, []], 'lists for all': [tuple.map(() => [])],
})) no(`eip7702: authorizationList has ${what}`, 'authorizationList must be', bases.eip7702.set('authorizationList', list))

// Sidecars that are not what one blob needs.
const one = { ...kinds.eip4844(1), gas: 21000n, data: '0x', accessList: [], sidecars: sidecars(1) }
const [body, blobs, commitments, proofs] = fromRlp(slice((await signed(one, 9)).whole, 1))
const network = (...items) => concatHex(['0x03', toRlp([body, ...items])])
const cells = count(128).map(() => `0x${'c7'.repeat(48)}`)
no('a second blob', 'blobs must be a list of 1 strings', network([...blobs, blobs[0]], commitments, proofs))
no('no blob', 'blobs must be', network([], commitments, proofs))
no('a short blob', 'blobs must be', network([slice(blobs[0], 1)], commitments, proofs))
no('a list for a blob', 'blobs must be', network([[]], commitments, proofs))
no('no commitment', 'commitments must be', network(blobs, [], proofs))
no('two commitments', 'commitments must be', network(blobs, [...commitments, commitments[0]], proofs))
no('a short commitment', 'commitments must be', network(blobs, [slice(commitments[0], 1)], proofs))
no('no proof', 'proofs must be', network(blobs, commitments, []))
no('a long proof', 'proofs must be', network(blobs, commitments, [concatHex([proofs[0], '0x00'])]))
no('no proofs at all', 'proofs must be', network(blobs, commitments))
no('a string for proofs', 'proofs must be', network(blobs, commitments, proofs[0]))
no('something behind the proofs', 'behind the sidecar', network(blobs, commitments, proofs, []))
no('cell proofs without a version', 'proofs must be a list of 1 strings', network(blobs, commitments, cells))
no('a version without cell proofs', 'proofs must be a list of 128 strings', network('0x01', blobs, commitments, proofs))
no('127 cell proofs', 'proofs must be a list of 128 strings', network('0x01', blobs, commitments, cells.slice(1)))
for (const version of ['0x', '0x00', '0x02', '0x0001', '0x0100']) no(`version ${version}`, 'version must be 1', network(version, blobs, commitments, cells))
no('the body alone in a list', 'blobs must be', network())
no('1 MB and a byte', 'at most 1048576 bytes', concatHex([network(blobs, commitments, proofs), `0x${'00'.repeat(1048577 - size(network(blobs, commitments, proofs)))}`]))
write('transactions_refused.tsv', 'What is no transaction, with what its problem says', ['what', 'error', 'problem has', 'transaction'], refused)

// Authorisations that the chain passes over, each in a transaction that is good: nobody has signed them.
const strange = []
const odd = async (what, list) => strange.push([what, (await resigned(list))])
const resigned = async (list) => {
  const items = bases.eip7702.items.map((item, i) => names.eip7702[i] === 'authorizationList' ? list : item).slice(0, -3)
  const { r, s, yParity } = parseSignature(await account(5).sign({ hash: keccak256(concatHex(['0x04', toRlp(items)])) }))
  const short = (hex) => numberToHex(hexToBigInt(hex))
  return concatHex(['0x04', toRlp([...items, yParity ? '0x01' : '0x', short(r), short(s)])])
}
await odd('zero r', changed(4, '0x'))
await odd('zero s', changed(5, '0x'))
await odd('r is n', changed(4, numberToHex(N)))
await odd('r is no point\'s', changed(4, '0x05'))
await odd('high s', changed(5, numberToHex(N / 2n + 1n)))
await odd('a parity of 2', changed(3, '0x02'))
await odd('a parity of 27', changed(3, '0x1b'))
await odd('a parity of 255', changed(3, '0xff'))
await odd('all is the largest', [[`0x${'ff'.repeat(32)}`, randomBytes(20), `0x${'ff'.repeat(8)}`, '0xff', `0x${'ff'.repeat(32)}`, `0x${'ff'.repeat(32)}`]])
write('authorizations_unsigned.tsv', 'Good transactions with an authorisation that nobody has signed', ['what', 'transaction'], strange)
