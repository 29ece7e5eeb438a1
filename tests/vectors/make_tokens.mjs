// Writes the vectors whose oracle is Node's crypto into the folder given: node make_tokens.mjs tests/vectors
// The inputs are those of the standards, or derived from SHA-256 of a counter, so that a second run writes the same.
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'

const folder = process.argv[2]
const hex = (bytes) => '0x' + Buffer.from(bytes).toString('hex')
const count = (n) => [...Array(n).keys()]
const sha256 = (data) => createHash('sha256').update(data).digest()
const hmac = (key, data, hash = 'sha256') => createHmac(hash, key).update(data).digest()
const random = (label, n) => Buffer.concat(count(Math.ceil(n / 32)).map((i) => sha256(`${label} ${i}`))).subarray(0, n)

function write(name, description, columns, rows) {
  const head = [`# ${description}`, '# Made by make_tokens.mjs.', `# ${columns.join('\t')}`]
  writeFileSync(`${folder}/${name}`, [...head, ...rows.map((row) => row.join('\t'))].join('\n') + '\n')
}

// The examples of FIPS 180-4's companion paper, with the digests printed there.
const fips = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
].map(([text, digest]) => [Buffer.from(text), digest])
for (const [data, digest] of fips) assert.equal(sha256(data).toString('hex'), digest)
write('sha256.tsv', "FIPS 180-4's examples, then Node's digests around the length of a block", ['data', 'digest'],
  [...fips.map(([data]) => data), ...count(132).map((n) => random('sha256', n))].map((d) => [hex(d), hex(sha256(d))]))

// RFC 4231, sections 4.2 to 4.8, with the MACs printed there; that of 4.6 is cut to 128 bits.
const repeat = (byte, n) => Buffer.alloc(n, byte)
const long = 'This is a test using a larger than block-size key and a larger than block-size data. The key needs to ' +
  'be hashed before being used by the HMAC algorithm.'
const rfc4231 = [
  [repeat(0x0b, 20), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  ['Jefe', 'what do ya want for nothing?', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
  [repeat(0xaa, 20), repeat(0xdd, 50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
  [Buffer.from(count(25).map((i) => i + 1)), repeat(0xcd, 50),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b'],
  [repeat(0x0c, 20), 'Test With Truncation', 'a3b6167473100ee06e0c796c2955552b'],
  [repeat(0xaa, 131), 'Test Using Larger Than Block-Size Key - Hash Key First',
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54'],
  [repeat(0xaa, 131), long, '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2'],
]
for (const [key, data, mac] of rfc4231) assert.equal(hmac(key, data).toString('hex').slice(0, mac.length), mac)
const keyed = [...rfc4231.map(([key, data]) => [Buffer.from(key), Buffer.from(data)]),
  ...count(70).map((n) => [random('key', n + 1), random('data', 3 * n)])]
write('hmac_sha256.tsv', "RFC 4231's cases, then Node's MACs with keys around the length of a block",
  ['key', 'data', 'mac'], keyed.map(([key, data]) => [hex(key), hex(data), hex(hmac(key, data))]))

// RFC 4648, section 10, without the padding; then all bytes and lengths.
const rfc4648 = [['', ''], ['f', 'Zg'], ['fo', 'Zm8'], ['foo', 'Zm9v'], ['foob', 'Zm9vYg'], ['fooba', 'Zm9vYmE'],
  ['foobar', 'Zm9vYmFy']]
for (const [text, encoded] of rfc4648) assert.equal(Buffer.from(text).toString('base64url'), encoded)
write('base64url.tsv', "RFC 4648's test vectors, then Node's encoding", ['bytes', 'text'],
  [...rfc4648.map(([text]) => Buffer.from(text)), Buffer.from(count(256)), Buffer.from(count(256).reverse()),
    ...count(100).map((n) => random('base64', n))].map((bytes) => [hex(bytes), bytes.toString('base64url')]))

// Access tokens for a ring of two keys, "new" and then "old", at one moment.
const keys = { new: random('new', 32), old: random('old', 64), other: random('other', 32) }
const now = 1800000000
const user = '01890a5d-ac96-774b-bcce-b302099a8057'
const session = '01890a5d-ac96-7ab1-8e3f-0c5a2f1d9e77'
const account = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed' // of EIP-55
const claims = { iss: 'dappd', sub: user, sid: session, address: account, chain_id: 1, iat: now - 60, exp: now + 540 }
const headerOf = (kid) => JSON.stringify({ alg: 'HS256', typ: 'JWT', kid })
const without = (name) => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))
const base64 = (text) => Buffer.from(text).toString('base64url')

// Texts as they are signed: payloads that are text are not made JSON of.
function sign(header, payload, key, hash) {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const signed = `${base64(header)}.${base64(text)}`
  return `${signed}.${hmac(key, signed, hash).toString('base64url')}`
}
const good = sign(headerOf('new'), claims, keys.new)
const [header, payload, mac] = good.split('.')
const payloadText = (payload) => sign(headerOf('new'), payload, keys.new)
const payloadOf = (change) => payloadText({ ...claims, ...change })
const flip = (text, i) => text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1)
const json = JSON.stringify(claims)
const spelled = (name, text) => payloadText(json.replace(`"${name}":${claims[name]}`, `"${name}":${text}`))
const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const valid = [
  ['signed with the first key', good],
  ['signed with the second key', sign(headerOf('old'), claims, keys.old)],
  ['the subject is the address', payloadOf({ sub: account })],
  ['a large chain id', payloadOf({ chain_id: 2 ** 53 - 1 })],
  ['issued a little in the future', payloadOf({ iat: now + 60, exp: now + 61 })],
  ['a second before its end', payloadOf({ exp: now + 1 })],
  ['as long as any may be good', payloadOf({ iat: now, exp: now + 86400 })],
  ['an address in lower case', payloadOf({ address: account.toLowerCase() })],
]
const expired = [
  ['at its end', payloadOf({ exp: now })],
  ['long past its end', payloadOf({ iat: now - 7200, exp: now - 3600 })],
]
const foreign = [
  ['empty', ''],
  ['dots alone', '..'],
  ['one part', header],
  ['two parts', `${header}.${payload}`],
  ['a dot behind it', `${good}.`],
  ['four parts', `${good}.${mac}`],
  ['a dot before it', `.${good}`],
  ['no MAC', `${header}.${payload}.`],
  ['no header', `.${payload}.${mac}`],
  ['no payload', `${header}..${mac}`],
  ['a space behind it', `${good} `],
  ['a space before it', ` ${good}`],
  ['a space in it', `${header}. ${payload}.${mac}`],
  ['padding of the MAC', `${good}=`],
  ['padding of the payload', `${header}.${payload}=.${mac}`],
  ['another spelling of the MAC', `${good.slice(0, -1)}${characters[characters.indexOf(good.at(-1)) + 1]}`],
  ['a MAC in base64', `${header}.${payload}.${hmac(keys.new, `${header}.${payload}`).toString('base64')}`],
  ['half a MAC', `${header}.${payload}.${mac.slice(0, 22)}`],
  ['a MAC in hex', `${header}.${payload}.${hmac(keys.new, `${header}.${payload}`).toString('hex')}`],
  ['a MAC of zeros', `${header}.${payload}.${'A'.repeat(43)}`],
  ['a bit of the MAC', `${header}.${payload}.${flip(mac, 0)}`],
  ['a bit of the payload', `${header}.${flip(payload, 20)}.${mac}`],
  ['another payload', `${header}.${base64(JSON.stringify({ ...claims, exp: now + 541 }))}.${mac}`],
  ['a key that is not the ring\'s', sign(headerOf('new'), claims, keys.other)],
  ['the second key under the first one\'s name', sign(headerOf('new'), claims, keys.old)],
  ['an empty key', sign(headerOf('new'), claims, '')],
  ['alg none without a MAC', `${base64('{"alg":"none"}')}.${payload}.`],
  ['alg none with a kid', `${base64('{"alg":"none","typ":"JWT","kid":"new"}')}.${payload}.`],
  ['alg None, signed', sign('{"alg":"None","typ":"JWT","kid":"new"}', claims, keys.new)],
  ['alg none, signed', sign('{"alg":"none","typ":"JWT","kid":"new"}', claims, keys.new)],
  ['alg HS512', sign('{"alg":"HS512","typ":"JWT","kid":"new"}', claims, keys.new, 'sha512')],
  ['alg HS512 with a MAC of HS256', sign('{"alg":"HS512","typ":"JWT","kid":"new"}', claims, keys.new)],
  ['alg RS256', sign('{"alg":"RS256","typ":"JWT","kid":"new"}', claims, keys.new)],
  ['alg ES256K', sign('{"alg":"ES256K","typ":"JWT","kid":"new"}', claims, keys.new)],
  ['alg hs256', sign('{"alg":"hs256","typ":"JWT","kid":"new"}', claims, keys.new)],
  ['alg twice', sign('{"alg":"HS256","alg":"none","typ":"JWT","kid":"new"}', claims, keys.new)],
  ['no alg', sign('{"typ":"JWT","kid":"new"}', claims, keys.new)],
  ['no kid', sign('{"alg":"HS256","typ":"JWT"}', claims, keys.new)],
  ['an empty kid', sign(headerOf(''), claims, keys.new)],
  ['an unknown kid', sign(headerOf('other'), claims, keys.other)],
  ['the start of a kid', sign(headerOf('ne'), claims, keys.new)],
  ['more than a kid', sign(headerOf('new2'), claims, keys.new)],
  ['a kid that is a path', sign(headerOf('../../../../dev/null'), claims, '')],
  ['a kid that is SQL', sign(headerOf("new' OR '1'='1"), claims, keys.new)],
  ['more members than the kid', sign('{"alg":"HS256","typ":"JWT","kid":"new","jku":"https://a"}', claims, keys.new)],
  ['a kid of 40 characters', sign(headerOf('n'.repeat(40)), claims, keys.new)],
  ['members in another order', sign('{"typ":"JWT","alg":"HS256","kid":"new"}', claims, keys.new)],
  ['spaces in the header', sign('{"alg": "HS256", "typ": "JWT", "kid": "new"}', claims, keys.new)],
  ['an escape in the header', sign('{"alg":"HS256","typ":"JWT","kid":"n\\u0065w"}', claims, keys.new)],
  ['a line behind the header', sign(`${headerOf('new')}\n`, claims, keys.new)],
  ['a header that is no JSON', sign('new', claims, keys.new)],
  ['typ at+jwt', sign('{"alg":"HS256","typ":"at+jwt","kid":"new"}', claims, keys.new)],
  ['a payload that is no JSON', payloadText('dappd')],
  ['an empty payload', payloadText('')],
  ['a payload that is null', payloadText('null')],
  ['a payload that is text', payloadText('"dappd"')],
  ['a payload that is a list', payloadText(`[${json}]`)],
  ['a payload with something behind it', payloadText(`${json}x`)],
  ['a payload that does not end', payloadText(json.slice(0, -1))],
  ['a deep payload', payloadText('['.repeat(300))],
  ['a claim twice', payloadText(`{"exp":1,${json.slice(1)}`)],
  ['a claim too many', payloadOf({ admin: true })],
  ['nbf', payloadOf({ nbf: now - 60 })],
  ...Object.keys(claims).map((name) => [`no ${name}`, payloadText(without(name))]),
  ...Object.keys(claims).map((name) => [`${name} is null`, payloadOf({ [name]: null })]),
  ...Object.keys(claims).map((name) => [`${name} is a list`, payloadOf({ [name]: [claims[name]] })]),
  ['another issuer', payloadOf({ iss: 'dappd2' })],
  ['an issuer with zero', payloadOf({ iss: 'dappd\0' })],
  ['a subject that is neither user nor address', payloadOf({ sub: 'root' })],
  ['the subject is another address', payloadOf({ sub: '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359' })],
  ['a session that is no UUID', payloadOf({ sid: session.slice(1) })],
  ['an address with a wrong checksum', payloadOf({ address: account.replace('A', 'a') })],
  ['an address that is too short', payloadOf({ address: account.slice(0, -1) })],
  ...['chain_id', 'iat', 'exp'].flatMap((name) => [
    [`${name} is text`, payloadOf({ [name]: String(claims[name]) })],
    [`${name} is a fraction`, payloadOf({ [name]: claims[name] + 0.5 })],
    [`${name} is negative`, payloadOf({ [name]: -claims[name] })],
    [`${name} has an exponent`, spelled(name, '18e8')],
    [`${name} is past 64 bits`, spelled(name, String(2n ** 64n))],
  ]),
  ['issued in the future', payloadOf({ iat: now + 61, exp: now + 600 })],
  ['ends as it begins', payloadOf({ iat: now + 30, exp: now + 30 })],
  ['ends before it begins', payloadOf({ iat: now, exp: now - 1 })],
  ['good for longer than any', payloadOf({ iat: now, exp: now + 86401 })],
  ['good for ever', payloadOf({ exp: Number.MAX_SAFE_INTEGER })],
  ['too long for any', payloadOf({ sub: user + ' '.repeat(700) })],
]
assert.equal(new Set([...valid, ...expired, ...foreign].map(([, token]) => token)).size,
  valid.length + expired.length + foreign.length)

const setting = `new:${keys.new.toString('base64url')},old:${keys.old.toString('base64url')}`
write('access_tokens.tsv', `Node's tokens for the keys ${setting} at ${now}, and what dappd is to say of each`,
  ['name', 'verdict', 'token'], [
    ...valid.map((row) => ['ok', ...row]), ...expired.map((row) => ['expired', ...row]),
    ...foreign.map((row) => ['unauthenticated', ...row])].map(([verdict, name, token]) => [name, verdict, token]))
