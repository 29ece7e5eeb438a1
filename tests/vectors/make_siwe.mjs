// Writes the vectors of Sign-In with Ethereum into the folder given: node make_siwe.mjs tests/vectors
// Messages are EIP-4361's own examples, made by viem (2.40.0) from random fields, or changed by hand where viem would
// not write them; what implementations share as test cases is among them. The fields come from what went in, never from
// a parser. In messages, \n is a line feed and \xHH another byte that has no place in a line of this file.
import { writeFileSync } from 'node:fs'
import { getAddress, hexToBytes, keccak256, stringToHex } from 'viem'
import { createSiweMessage } from 'viem/siwe'

const folder = process.argv[2]
const count = (n) => [...Array(n).keys()]
const escape = (text) => Array.from(Buffer.from(text), (byte) => (byte === 10 ? '\\n'
  : byte < 32 || byte > 126 || byte === 92 ? `\\x${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte))).join('')

function write(name, description, columns, rows) {
  const head = [`# ${description}`, '# Made by make_siwe.mjs.', `# ${columns.join('\t')}`]
  writeFileSync(`${folder}/${name}`, [...head, ...rows.map((row) => row.join('\t'))].join('\n') + '\n')
}

// What a message means: no field can hold | or ^, so | stands between them and ^ for one that is absent.
const seconds = (time, round) => (time === undefined ? '^' : round(Date.parse(time) / 1000))
const meaning = (f) => [f.scheme ?? '^', f.domain, getAddress(f.address), f.statement ?? '^', f.uri, f.chainId, f.nonce,
  seconds(f.issuedAt, Math.floor), seconds(f.expirationTime, Math.floor), seconds(f.notBefore, Math.ceil),
  f.requestId ?? '^', f.resources?.length ?? 0].join('|')

// The standard's template, for fields that viem would not take or write differently.
function template(f) {
  const optional = (label, value) => (value === undefined ? [] : [`${label}: ${value}`])
  return [
    `${f.scheme === undefined ? '' : `${f.scheme}://`}${f.domain} wants you to sign in with your Ethereum account:`,
    f.address, '', ...(f.statement === undefined ? [] : [f.statement]), '',
    `URI: ${f.uri}`, 'Version: 1', `Chain ID: ${f.chainId}`, `Nonce: ${f.nonce}`, `Issued At: ${f.issuedAt}`,
    ...optional('Expiration Time', f.expirationTime), ...optional('Not Before', f.notBefore),
    ...optional('Request ID', f.requestId),
    ...(f.resources === undefined ? [] : ['Resources:', ...f.resources.map((resource) => `- ${resource}`)]),
  ].join('\n')
}

const service = {
  domain: 'service.invalid', address: '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2',
  statement: 'I accept the ServiceOrg Terms of Service: https://service.invalid/tos',
    uri: 'https://service.invalid/login',
  chainId: 1, nonce: '32891757', issuedAt: '2021-09-30T16:25:24.000Z',
}
const full = { ...service, expirationTime: '2023-03-17T12:45:13.610Z', notBefore: '2022-03-17T12:45:13.610Z',
  requestId: 'some_id', resources: ['https://service.invalid/login',
    'ipfs://Qme7ss3ARVgxv6rXqVPiikMJ8u2NLgmgszg13pYrDKEoiu'] }
const example = { domain: 'example.com', address: '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2',
  statement: 'I accept the ExampleOrg Terms of Service: https://example.com/tos', uri: 'https://example.com/login',
    chainId: 1,
  nonce: '32891756', issuedAt: '2021-09-30T16:25:24Z',
  resources: ['ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/',
    'https://example.com/my-web2-claim.json'] }

const plain = 'ABCXYZabcxyz0189-._~:/?#[]@!$&\'()*+,;='
const uris = ['https://service.invalid', 'http://localhost:3000/', 'https://[2001:db8::7]:8443/a?b=c#d', 'urn:uuid:0-1',
  'a:',
  'mailto:a@b', 'file:///etc/x', 'https://u:p@h.invalid:/%7Ea/..//b;c=1?x=/?&y=.#/?', 'x+y-z.1:%41',
  'ftp://[v1.a:b]/', 'http://[::ffff:1.2.3.4]', 'ldap://[::]/c=GB?one?two', 'tel:+1-816-555-1212', 'did:key:z6Mk']
const accepted = {
  'EIP-4361, implicit scheme': example,
  'EIP-4361, explicit port': { ...example, domain: 'example.com:3388' },
  'EIP-4361, explicit scheme': { ...example, scheme: 'https' },
  'all fields': full, 'no optional field but the statement': service,
    'no statement': { ...service, statement: undefined },
  'no statement, no milliseconds': { ...service, statement: undefined, issuedAt: '2021-09-30T16:25:24Z' },
  'empty statement': { ...service, statement: '' }, 'statement of a blank': { ...service, statement: ' ' },
  'statement like a label': { ...service, statement: 'URI: https://other.invalid' },
  'statement of every character': { ...service, statement: ` ${plain} ` },
  'domain is an address': { ...service, domain: '127.0.0.1' },
  'domain is an address with a port': { ...service, domain: '127.0.0.1:8080' },
  'domain is an IPv6 address': { ...service, domain: '[::1]:8080' },
  'domain is one label': { ...service, domain: 'localhost:1' }, 'highest port': { ...service,
    domain: 'localhost:65535' },
  'domain with an underscore and an escape': { ...service, domain: 'not_rfc4501%2D.invalid' },
  'scheme of every kind': { ...service, scheme: 'Web+x-1.0' },
  'empty request id': { ...service, requestId: '' },
  'request id of every character': { ...service, requestId: 'azAZ09-._~!$&\'()*+,;=:@%0a%FF' },
  'resources without one': { ...service, resources: [] }, 'a hundred resources': { ...service,
    resources: count(100).map((n) => `a:${n}`) },
  'largest chain id': { ...service, chainId: 2n ** 64n - 1n }, 'long nonce': { ...service, nonce: 'aZ09'.repeat(300) },
  'lower case in the time': { ...service, issuedAt: '2021-09-30t16:25:24z' },
  'offsets': { ...service, issuedAt: '2021-09-30T16:25:24+05:30', expirationTime: '2021-09-30T16:25:24-23:59',
    notBefore: '1970-01-01T00:00:00-00:00' },
  'fractions': { ...service, issuedAt: '2021-09-30T16:25:24.999Z', expirationTime: '2021-09-30T16:25:24.5Z',
    notBefore: '2021-09-30T16:25:24.001Z' },
  'fraction of nothing': { ...service, notBefore: '2021-09-30T16:25:24.000Z' },
  'ends of time': { ...service, issuedAt: '1970-01-01T00:00:00Z', expirationTime: '9999-12-31T23:59:59Z' },
  'leap day': { ...service, issuedAt: '2024-02-29T00:00:00Z' },
  'expires before it is issued, which is not the grammar\'s business': { ...service,
    expirationTime: '2000-01-01T00:00:00Z' },
  ...Object.fromEntries(uris.map((uri) => [`URI ${uri}`, { ...service, uri, resources: uris }])),
}

function dice(label) {
  let n = 0
  let bytes = []
  const next = () => {
    if (bytes.length < 4) bytes = [...bytes, ...hexToBytes(keccak256(stringToHex(`${label} ${n++}`)))]
    return bytes.splice(0, 4).reduce((sum, byte) => sum * 256 + byte, 0)
  }
  const below = (max) => next() % max
  const pick = (list) => list[below(list.length)]
  const text = (alphabet, min, max) => count(min + below(max - min + 1)).map(() => pick(alphabet)).join('')
  return { below, pick, text, perhaps: (make) => (below(2) ? make() : undefined) }
}
const alphanumeric = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789']
function randomFields(n) {
  const { below, pick, text, perhaps } = dice(`siwe ${n}`)
  const port = () => pick(['', `:${1 + below(65535)}`])
  const host = () => pick([`${text(alphanumeric, 1, 20)}.${text(alphanumeric, 1, 9)}.com`, 'localhost',
    count(4).map(() => below(256)).join('.')])
  const time = () => new Date(below(2 ** 31) * 1000 + below(2) * below(1000))
  const uri = () => `${pick(['https', 'ipfs', 'web+x'])}://${host()}${port()}/${text([...alphanumeric, '/', '%2F', '@', ';'], 0, 20)}`
    + pick(['', `?${text([...alphanumeric, '=', '&', '?'], 0, 12)}`]) + pick(['', `#${text(alphanumeric, 0, 9)}`])
  return {
    scheme: perhaps(() => pick(['https', 'http', 'chrome-extension'])), domain: host() + port(),
    address: getAddress(keccak256(stringToHex(`address ${n}`)).slice(0, 42)),
    statement: perhaps(() => text([...plain, ' '], 1, 80)), uri: uri(),
      chainId: 1 + below(pick([10, 2 ** 20, 2 ** 32])),
    nonce: text(alphanumeric, 8, 96), issuedAt: time(), expirationTime: perhaps(time), notBefore: perhaps(time),
    requestId: perhaps(() => text([...alphanumeric, '-', '_', '%20', ':', '@'], 1, 30)),
    resources: perhaps(() => count(below(6)).map(uri)),
  }
}
const iso = (f) => Object.fromEntries(Object.entries(f).map(([k, v]) => [k, v instanceof Date ? v.toISOString() : v]))
const made = count(240).map(randomFields).map((f) => [createSiweMessage({ ...f, version: '1' }), iso(f)])
for (const [message, f] of made) if (message !== template(f)) throw new Error(`viem differs from the template: ${message}`)

write('siwe_accepted.tsv',
  'Messages by the grammar of EIP-4361, and their fields: | between, ^ for an absent one; times in unix seconds, not-before rounded up',
  ['what', 'message', 'scheme|domain|address|statement|uri|chain|nonce|issued|expires|not before|request id|resources'], [
    ...Object.entries(accepted).map(([what, f]) => [what, escape(template(f)),
      meaning({ ...f, issuedAt: f.issuedAt.toUpperCase() })]),
    ...made.map(([message, f], n) => [`viem ${n}`, escape(message), meaning(f)]),
  ])

// 1 head, 2 address, 4 statement, 6 to 10 the required fields, 11 to 13 the optional ones, 14 to 16 Resources
const lines = template(full).split('\n')
const withLine = (number, text) => lines.with(number - 1, text).join('\n')
const labels = ['', 'head', 'address', 'empty line', 'statement', 'empty line', 'URI', 'Version', 'Chain ID', 'Nonce',
  'Issued At',
  'Expiration Time', 'Not Before', 'Request ID', 'Resources', 'first resource', 'second resource']
const numbers = count(16).map((n) => n + 1)
const values = [
  [1, ['', ' wants you to sign in with your Ethereum account:', ...[
    'test@127.0.0.1', 'test@127.0.0.1:8080', 'u:p@service.invalid', '@service.invalid', 'service.invalid:',
    'service.invalid:0', 'service.invalid:65536',
    'service.invalid:080', 'service.invalid:+1', 'service.invalid:1:2', ':8080', 'service.invalid/', '#notrfc4501',
    'service.invalid?a', 'ser vice.invalid',
    '"service.invalid"', 'service\\.invalid', 'service.invalid%2', 'service.invalid%zz', '[::1', '[::1]8080', '[::g]',
    '[1.2.3.4]', '[]', '[fe80::1%eth0]',
    '://service.invalid', '1https://service.invalid', 'ht_tp://service.invalid', 'https:/service.invalid',
    'https:service.invalid', 'https://', 'a://b://service.invalid',
    ' service.invalid', 'service.invalid ', 'https:// service.invalid',
  ].map((domain) => `${domain} wants you to sign in with your Ethereum account:`),
  'service.invalid wants you to sign in with your Ethereum account',
    'service.invalid wants you to sign in with your ethereum account:',
  'service.invalid wants you to sign in with your Ethereum account: ',
    'service.invalid wants you to sign in with your Sui account:',
  'service.invalid  wants you to sign in with your Ethereum account:']],
  [2, ['', '0x', 'C02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2', '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc',
    '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc22',
    '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cg2', ' 0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2',
    '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2 ',
    'eip155:1:0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2']],
  [4, ['50% off', 'say "yes"', 'a\\b', '<b>', 'a|b', '{}', 'a`b', 'a^b']],
  [6, ['URI: ', 'URI:', 'URI:https://service.invalid', 'URI:  https://service.invalid', 'uri: https://service.invalid',
    'URI: _not_a_rfc3986_valid_uri_',
    'URI: :not_a_rfc3986_valid_uri_', 'URI: service.invalid/login', 'URI: //service.invalid', 'URI: /login',
    'URI: https://service.invalid/a b', 'URI: https://service.invalid/%',
    'URI: https://service.invalid/%4', 'URI: https://service.invalid/%4g', 'URI: https://service.invalid/"',
    'URI: https://service.invalid/\\', 'URI: https://service.invalid/a#b#c', 'URI: https://a@b@c/',
    'URI: https://[::1/', 'URI: https://[::1]x/', 'URI: https://[1::2::3]/', 'URI: https://[::1%25eth0]/',
    'URI: https://h:8a/', 'URI: https://a[b]/', 'URI: https://h/[a]', 'URI: 1a:b', 'URI: a_b:c',
    'URI: https://h/?[', 'URI: https://[v.a]/', 'URI: https://[v1.]/', 'URI: https://[vg.a]/', 'URI: https://h/#]',
    'URI: https://[::1:2:3:4:5:6:7:8]/', 'URI: https://[00001::]/']],
  [7, ['Version: 2', 'Version: 01', 'Version: 1.0', 'Version: ', 'Version:1', 'Version: 11', 'Version: one',
    'version: 1']],
  [8, ['Chain ID: ?', 'Chain ID: ', 'Chain ID: 0', 'Chain ID: 01', 'Chain ID: -1', 'Chain ID: +1', 'Chain ID: 0x1',
    'Chain ID: 1.0', 'Chain ID: 1e3', 'Chain ID: 1,000',
    'Chain ID: 18446744073709551616', 'Chain ID: 99999999999999999999999999', 'Chain Id: 1', 'ChainID: 1',
    'Chain ID:  1']],
  [9, ['Nonce: 1234567', 'Nonce: ', 'Nonce: 1234-5678', 'Nonce: 1234 5678', 'Nonce: 12345678_', 'nonce: 12345678',
    'Nonce:12345678', 'Nonce: 12341234Chain ID: 1']],
  ...[[10, 'Issued At'], [11, 'Expiration Time'], [12, 'Not Before']].map(([number, label]) => [number, [
    'Wed Oct 05 2011 16:48:00 GMT+0200 (CEST)', '', '1633019124', '0', '2021-09-30', '2021-09-30T16:25Z',
    '2021-09-30T16:25:24', '2021-09-30 16:25:24Z',
    '2021-09-30T16:25:24 05:30', '2021-09-30T16:25:24+0530', '2021-09-30T16:25:24.Z', '2021-09-30T16:25:24,5Z',
    '2021-02-29T00:00:00Z', '2021-13-01T00:00:00Z',
    '2021-04-31T00:00:00Z', '2021-09-30T24:00:00Z', '2021-09-30T23:60:00Z', '2021-09-30T23:59:61Z',
    '1969-12-31T23:59:59Z', '12021-09-30T16:25:24Z', '-2021-09-30T16:25:24Z',
    '2021-9-30T16:25:24Z', '2021-09-30T16:25:24ZZ', '20210930T162524Z', '2021-09-30T16:25:24+24:00',
  ].map((time) => `${label}: ${time}`)]),
  [13, ['Request ID: a/b', 'Request ID: a b', 'Request ID: %', 'Request ID: %1', 'Request ID: a?b', 'Request ID: "a"',
    'Request ID: a#b', 'Request ID: [a]']],
  [14, ['Resources: ', 'Resources', 'resources:', 'Resources: https://service.invalid']],
  [15, ['-https://service.invalid', '* https://service.invalid', '-  https://service.invalid', '- ', '-',
    '- _not_a_rfc3986_valid_uri_', '- :not_a_rfc3986_valid_uri_',
    '- https://service.invalid/login - https://service.invalid/login/2', 'https://service.invalid']],
  [16, ['- _not_a_rfc3986_valid_uri_', '- service.invalid']],
]
const bytes = { 'NUL': '\0', 'tab': '\t', 'carriage return': '\r', 'escape': '\x1b', 'DEL': '\x7f', 'C1': '\x85',
  'umlaut': 'ä', 'line separator': '\u2028', 'byte order mark': '\ufeff', 'right-to-left': '\u202e' }

// The line that is wrong after it has changed places with the next one.
const swaps = { 1: 1, 2: 2, 3: 3, 4: 5, 5: 5, 6: 6, 7: 7, 8: 8, 9: 9, 10: 10, 11: 12, 12: 13, 13: 14, 14: 14 }
const refused = [
  ...numbers.slice(0, 10).filter((n) => n !== 4).map((n) => [`without the line ${n}, ${labels[n]}`,
    lines.toSpliced(n - 1, 1).join('\n'), n]),
  ...Object.entries(swaps).map(([n, at]) => [`lines ${n} and ${Number(n) + 1} swapped`,
    lines.toSpliced(n - 1, 2, lines[n], lines[n - 1]).join('\n'), at]),
  ...numbers.slice(0, 14).filter((n) => n !== 3).map((n) => [`line ${n} twice`,
    lines.toSpliced(n - 1, 0, lines[n - 1]).join('\n'), n === 1 ? 2 : n + 1]),
  ...numbers.filter((n) => n !== 4).map((n) => [`a blank behind line ${n}`, withLine(n, `${lines[n - 1]} `), n]),
  ...numbers.filter((n) => n !== 4).map((n) => [`a blank before line ${n}`, withLine(n, ` ${lines[n - 1]}`), n]),
  ...numbers.map((n) => [`a carriage return behind line ${n}`, withLine(n, `${lines[n - 1]}\r`), n]),
  ...numbers.map((n) => [`an empty line behind line ${n}`, lines.toSpliced(n, 0, '').join('\n'),
    { 2: 5, 3: 5, 4: 6 }[n] ?? n + 1]),
  ...numbers.slice(0, 9).map((n) => [`nothing behind line ${n}`, lines.slice(0, n).join('\n'), n + 1]),
  ...values.flatMap(([n, texts]) => texts.map((text) => [`line ${n} is ${escape(text) || 'empty'}`, withLine(n, text),
    n])),
  ...Object.entries(bytes).flatMap(([what, byte]) => numbers.map((n) => [`${what} in line ${n}`,
    withLine(n, `${lines[n - 1].slice(0, 6)}${byte}${lines[n - 1].slice(6)}`), n])),
  ['statement of two lines', withLine(4, 'I accept the ServiceOrg Terms of Service: \nhttps://service.invalid/tos'), 5],
  ['CR LF everywhere', lines.join('\r\n'), 1], ['CR everywhere', lines.join('\r'), 1],
  ['a line feed at the end', `${template(service)}\n`, 11], ['a line feed at the end of the resources',
    `${lines.join('\n')}\n`, 17],
  ['a line feed first', `\n${lines.join('\n')}`, 1], ['two messages', `${lines.join('\n')}\n${lines.join('\n')}`, 17],
  ['request id behind the resources', [...lines.toSpliced(12, 1), lines[12]].join('\n'), 16],
  ['an unknown line', lines.toSpliced(10, 0, 'Scope: all').join('\n'), 11],
  ['EIP-191 prefix', `\x19Ethereum Signed Message:\n${lines.join('\n')}`, 1],
  ['JSON', JSON.stringify(full), 1], ['one line', lines.join(' '), 1],
  ['three empty lines for a statement', [...lines.slice(0, 2), '', '', '', '', ...lines.slice(5)].join('\n'), 6],
  ['a statement by viem that the grammar does not have', createSiweMessage({ ...randomFields(1),
    statement: 'Anmelden für 100 %', version: '1' }), 4],
]
write('siwe_refused.tsv',
  'Messages that are not by the grammar of EIP-4361, or that dappd refuses for another reason; and the line that is wrong',
  ['what', 'message', 'line'], refused.map(([what, message, line]) => [what, escape(message), line]))

const { address } = full
const recased = (change) => `0x${change(address.slice(2))}`
write('siwe_checksums.tsv', 'Addresses that only lack the case of EIP-55, as implementations share them',
  ['what', 'address'], [
  ['lower case', recased((a) => a.toLowerCase())], ['upper case', recased((a) => a.toUpperCase())],
  ['0X', `0X${address.slice(2)}`], ['one letter', recased((a) => a.replace('C', 'c'))],
  ['of the vectors that implementations share', '0xe5a12547fe4e872d192e3ececb76f2ce1aea4946'],
  ['one letter of those', '0xE5A12547fe4E872D192E3eCecb76F2Ce1aeA4946'],
])

// uri_is_of_domain: a URI, the domain and the scheme of the message.
const same = ['https://example.com', 'https://example.com/', 'http://example.com', 'https://example.com/a/b?c#d',
  'https://example.com?x', 'https://example.com#x', 'https://example.com/@evil.invalid',
  'https://example.com/?u=https://evil.invalid']
const other = ['https://example.com:443/', 'https://example.com:/', 'http://example.com:80', 'https://EXAMPLE.com/',
  'https://Example.com', 'HTTPS://example.com/', 'https://example.com./', 'https://www.example.com/',
  'https://xample.com',
  'https://example.co', 'https://example.com.evil.invalid/', 'https://evilexample.com/',
    'https://example.com@evil.invalid/', 'https://user@example.com/', 'https://@example.com/', 'https://:@example.com/',
    'https://example.com:pw@evil.invalid/',
  'https://evil.invalid/example.com', 'https://evil.invalid?example.com', 'https://evil.invalid#example.com',
    'https://evil.invalid/@example.com', 'https://example%2Ecom/', 'https://%65xample.com/',
    'https://example.com%2Fevil.invalid/', 'https://example.com%00.evil.invalid/',
  'https:/example.com/', 'https:example.com', 'https:///example.com', 'ftp://example.com/', 'ws://example.com/',
    'urn:example.com', 'javascript://example.com/%0aalert(1)', 'data:example.com', 'https://xn--exmple-cua.com/',
    'https://example.com;/', 'https://example-com/', 'https://']
write('siwe_uris.tsv', 'URIs of a message of a domain: 1 where they are of the same site, byte for byte',
  ['domain', 'scheme or ^', 'uri', 'is of it'], [
  ...same.map((uri) => ['example.com', '^', uri, 1]), ...other.map((uri) => ['example.com', '^', uri, 0]),
  ['example.com:443', '^', 'https://example.com:443/', 1], ['example.com:443', '^', 'https://example.com/', 0],
    ['example.com:8443', '^', 'https://example.com:8443/x', 1],
  ['example.com:8443', '^', 'https://example.com:844/', 0], ['example.com:844', '^', 'https://example.com:8443/', 0],
    ['EXAMPLE.com', '^', 'https://EXAMPLE.com', 1],
  ['[::1]:3000', '^', 'http://[::1]:3000/', 1], ['[::1]', '^', 'http://[0::1]/', 0],
    ['127.0.0.1', '^', 'http://127.0.0.1', 1], ['127.0.0.1', '^', 'http://127.1', 0],
    ['localhost:3000', '^', 'http://localhost:3000', 1],
  ['example.com', 'https', 'https://example.com', 1], ['example.com', 'http', 'http://example.com', 1],
    ['example.com', 'https', 'http://example.com', 0], ['example.com', 'http', 'https://example.com', 0],
  ['example.com', 'HTTPS', 'https://example.com', 0], ['example.com', 'httpsx', 'https://example.com', 0],
    ['example.com', 'ftp', 'ftp://example.com', 0],
])
