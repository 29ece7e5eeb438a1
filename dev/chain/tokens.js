// The sample tokens and who holds them: one table, from which the addresses follow.
// A token's address depends on its place in the list (the deployer's nonce): add new ones at the end.
// Plain data.

const MAX_UINT256 = 2n ** 256n - 1n;

/** key: [contract, constructor arguments]. Examples show `usd`; tests go through all. */
export const TOKENS = {
    usd: ['SampleToken', ['Sample Dollar', 'SUSD', 6]],
    coin: ['SampleToken', ['Sample Coin', 'SCOIN', 18]],
    ticket: ['SampleToken', ['Sample Ticket', 'TICKET', 0]],
    settable: ['SettableToken', ['Settable Token', 'SET', 18]],
    upgradeable: ['SettableToken', ['Before Upgrade', 'V1', 18]],
    rebasing: ['RebasingToken', []],
    bytes32: ['Bytes32Token', []],
    noDecimals: ['NoDecimalsToken', []],
    nameless: ['NamelessToken', []],
    uglyName: ['UglyNameToken', []],
    decimals77: ['OddDecimalsToken', [77n]],
    decimals78: ['OddDecimalsToken', [78n]],
    decimals255: ['OddDecimalsToken', [255n]],
    decimalsMax: ['OddDecimalsToken', [MAX_UINT256]],
    revertReason: ['RevertingToken', ['REASON', 0]],
    revertCustomError: ['RevertingToken', ['CUSTOM', 1]],
    revertPanic: ['RevertingToken', ['PANIC', 2]],
    revertSilent: ['RevertingToken', ['SILENT', 3]],
    outOfGas: ['RevertingToken', ['GAS', 4]],
    longAnswer: ['OddLengthToken', ['LONG', 96n]],
    shortAnswer: ['OddLengthToken', ['SHORT', 31n]],
    emptyAnswer: ['OddLengthToken', ['EMPTY', 0n]],
};

/** Accounts of the mnemonic by position. The deployer does nothing else, so that its nonces stay free. */
export const MNEMONIC = 'test test test test test test test test test test test junk';
export const HOLDERS = { alice: 0, bob: 1, carol: 2 };
export const DEPLOYER = 9;

/** Balances after the second block: token, holder, amount in the token's smallest unit. Every other token gives alice
 * ODD_BALANCE. */
export const BALANCES = [
    ['usd', 'alice', 1_234_567_890_000n],
    ['usd', 'bob', 1n],
    ['coin', 'alice', 1_500_000_000_000_000_000n],
    ['coin', 'bob', 42n * 10n ** 18n],
    ['ticket', 'alice', 7n],
    ['settable', 'bob', MAX_UINT256],
];
export const ODD_BALANCE = 1_000_000_000_000_000_001n;

/** The third block: alice pays bob and lets carol spend. */
export const PAYMENT = { token: 'usd', from: 'alice', to: 'bob', amount: 250_500_000n };
export const APPROVAL = { spender: 'carol', amount: 1_000_000_000n };
