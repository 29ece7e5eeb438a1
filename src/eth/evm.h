/* Opcodes of the EVM, by the names of the Yellow Paper, and numbers as its code has them: what programs written as
 * tables of bytes are made of. Only what every chain has had since Byzantium. Plain values, any thread. */
#ifndef DAPPD_ETH_EVM_H
#define DAPPD_ETH_EVM_H

#include <stdint.h>

enum opcode {
    STOP = 0x00,
    ADD = 0x01,
    SUB = 0x03,
    DIV = 0x04,
    LT = 0x10,
    EQ = 0x14,
    ISZERO = 0x15,
    AND = 0x16,
    OR = 0x17,
    BALANCE = 0x31,
    CODESIZE = 0x38,
    CODECOPY = 0x39,
    EXTCODESIZE = 0x3b,
    RETURNDATASIZE = 0x3d,
    RETURNDATACOPY = 0x3e,
    BLOCKHASH = 0x40,
    NUMBER = 0x43,
    POP = 0x50,
    MLOAD = 0x51,
    MSTORE = 0x52,
    MSTORE8 = 0x53,
    JUMP = 0x56,
    JUMPI = 0x57,
    GAS = 0x5a,
    JUMPDEST = 0x5b,
    PUSH1 = 0x60,
    PUSH2 = 0x61,
    PUSH3 = 0x62,
    PUSH32 = 0x7f,
    DUP1 = 0x80,
    DUP2 = 0x81,
    DUP3 = 0x82,
    DUP4 = 0x83,
    DUP5 = 0x84,
    DUP6 = 0x85,
    DUP7 = 0x86,
    DUP8 = 0x87,
    DUP9 = 0x88,
    SWAP1 = 0x90,
    SWAP2 = 0x91,
    SWAP3 = 0x92,
    SWAP5 = 0x94,
    CALL = 0xf1,
    RETURN = 0xf3,
    STATICCALL = 0xfa
};

/* Big-endian, in two and in three bytes. */
#define BE16(n) (uint8_t)((n) >> 8), (uint8_t)(n)
#define BE24(n) (uint8_t)((n) >> 16), BE16(n)

#endif
