// Assembles EVM code for the vectors from mnemonics, so that no bytes of dappd's own are judge in their own case.
// Pure functions.

const OPCODES = {
  STOP: 0x00, ADD: 0x01, SUB: 0x03, DIV: 0x04, LT: 0x10, EQ: 0x14, ISZERO: 0x15, AND: 0x16, OR: 0x17, KECCAK256: 0x20,
  BALANCE: 0x31,  CALLDATALOAD: 0x35, CALLDATASIZE: 0x36, CALLDATACOPY: 0x37, CODESIZE: 0x38, CODECOPY: 0x39, EXTCODESIZE: 0x3b, RETURNDATASIZE: 0x3d,
  RETURNDATACOPY: 0x3e, BLOCKHASH: 0x40, NUMBER: 0x43, POP: 0x50, MLOAD: 0x51, MSTORE: 0x52, MSTORE8: 0x53, SLOAD: 0x54,
  SSTORE: 0x55, JUMP: 0x56, JUMPI: 0x57, GAS: 0x5a, JUMPDEST: 0x5b, CALL: 0xf1, RETURN: 0xf3, STATICCALL: 0xfa, REVERT: 0xfd,
  INVALID: 0xfe,
}
for (let n = 1; n <= 16; n++) {
  OPCODES[`DUP${n}`] = 0x7f + n
  OPCODES[`SWAP${n}`] = 0x8f + n
}

const toBytes = (number) => {
  const hex = BigInt(number).toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
}
const push = (bytes) => Buffer.from([0x5f + bytes.length, ...bytes])

/** A token is an opcode, a number (pushed in as few bytes as it takes), `label:` (a JUMPDEST) or `@label` (pushed). */
function assembleToken(token, labels) {
  if (token.endsWith(':')) return Buffer.from([OPCODES.JUMPDEST])
  if (token.startsWith('@')) return push([labels[token.slice(1)] ?? 0])
  if (/^\d/.test(token)) return push(toBytes(token))
  if (!(token in OPCODES)) throw new Error(`no opcode: ${token}`)
  return Buffer.from([OPCODES[token]])
}

/** In: source text; `#` begins a comment. Labels must lie in the first 256 bytes. Returns a Buffer. */
export function assemble(source) {
  const tokens = source.replace(/#.*/g, '').split(/\s+/).filter(Boolean)
  const labels = {}
  for (const pass of ['places', 'code']) {
    let code = Buffer.alloc(0)
    for (const token of tokens) {
      if (pass === 'places' && token.endsWith(':')) labels[token.slice(0, -1)] = code.length
      code = Buffer.concat([code, assembleToken(token, labels)])
    }
    if (pass === 'code') return code
  }
}
