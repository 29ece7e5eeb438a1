// Logs that a contract may emit and that an indexer has to tell apart: transfers, those of other standards, and those
// that only look like one. Plain functions.

import { keccak256, pad, toHex } from 'viem';

const topicOf = (signature) => keccak256(toHex(signature));

export const TRANSFER = topicOf('Transfer(address,address,uint256)');
export const DEPOSIT = topicOf('Deposit(address,uint256)');
export const WITHDRAWAL = topicOf('Withdrawal(address,uint256)');
const APPROVAL = topicOf('Approval(address,address,uint256)');

const word = (value) => pad(typeof value === 'bigint' ? toHex(value) : value, { size: 32 });
const bytes = (random, length) => `0x${random.hex(2 * length)}`;

/** Each makes { topics, data } from a generator and two holders. */
const SHAPES = [
    // ERC-20, with amounts whose sum no uint256 holds
    (random, a, b) => ({ topics: [TRANSFER, word(a), word(b)], data: word(random.uint(64)) }),
    (random, a, b) => ({ topics: [TRANSFER, word(a), word(b)], data: word(2n ** 256n - 1n) }),
    (random, a) => ({ topics: [TRANSFER, word(a), word(a)], data: word(1n) }),
    (random, a) => ({ topics: [TRANSFER, word(a), word('0x')], data: word(random.uint(10)) }),
    // ERC-721
    (random, a, b) => ({ topics: [TRANSFER, word(a), word(b), word(random.uint(4))], data: '0x' }),
    // too few topics, too many, too little data, too much
    (random, a, b) => ({ topics: [TRANSFER], data: `${word(a)}${word(b).slice(2)}${bytes(random, 32).slice(2)}` }),
    (random, a) => ({ topics: [TRANSFER, word(a)], data: bytes(random, 64) }),
    () => ({ topics: [TRANSFER], data: '0x' }),
    (random, a, b) => ({ topics: [TRANSFER, word(a), word(b)], data: '0x' }),
    (random, a, b) => ({ topics: [TRANSFER, word(a), word(b)], data: bytes(random, 31) }),
    (random, a, b) => ({ topics: [TRANSFER, word(a), word(b)], data: bytes(random, 33) }),
    (random, a, b) => ({ topics: [TRANSFER, word(a), word(b)], data: bytes(random, 5000) }),
    (random, a, b) => ({ topics: [TRANSFER, word(a), word(b), word(1n)], data: bytes(random, 32) }),
    // no address in the topic
    (random, a) => ({ topics: [TRANSFER, `0x01${word(a).slice(4)}`, word(a)], data: word(1n) }),
    // neither
    (random, a, b) => ({ topics: [APPROVAL, word(a), word(b)], data: word(random.uint(8)) }),
    (random, a, b) => ({ topics: [DEPOSIT, word(a), word(b)], data: word(random.uint(8)) }),
    (random, a) => ({ topics: [WITHDRAWAL, word(a)], data: bytes(random, 64) }),
    (random) => ({ topics: [], data: bytes(random, 32) }),
];

/** Up to a dozen of them, between these holders. */
export function emittedLogs(random, holders) {
    const { below, pick } = random;
    return Array.from({ length: 1 + below(12) }, () => pick(SHAPES)(random, pick(holders), pick(holders)));
}
