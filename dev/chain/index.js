// The dev chain as a library, for tests and benches: anvil processes, compiled contracts, deployed sample tokens.
// Whoever starts an anvil owns it.

export { anvilPath, startAnvil } from './anvil.js';
export { BUILD, compileAll } from './compile.js';
export { deployAll } from './deploy.js';
export { MULTICALL3, MULTICALL3_CODE_HASH, deployMulticall3, multicall3Code } from './multicall3.js';
export { APPROVAL, BALANCES, DEPLOYER, HOLDERS, MNEMONIC, ODD_BALANCE, PAYMENT, TOKENS } from './tokens.js';
