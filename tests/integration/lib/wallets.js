// Wallets that are contracts (dev/chain/contracts/Wallets.sol): deployed ones, and ones that are not there yet. They
// sign as viem's accounts do, through the key of their owner. Owns nothing.

import { encodeFunctionData, getContractAddress, serializeErc6492Signature, zeroHash } from 'viem';
import { compileAll } from '../../../dev/chain/index.js';

/** The account that deploys: the first contract of it has the same address on every chain. */
const DEPLOYER = 7;

/** Deploys one of the compiled contracts. Returns { address, abi }. In: client, of a chain of lib/chain.js. */
async function deploy(client, contract, args) {
    const { abi, bytecode } = (await compileAll())[contract];
    const account = (await client.getAddresses())[DEPLOYER];
    const nonce = await client.getTransactionCount({ address: account });
    const hash = await client.deployContract({ abi, bytecode, args, account, chain: null });
    await client.waitForTransactionReceipt({ hash });
    return { address: getContractAddress({ from: account, nonce: BigInt(nonce) }), abi };
}

/** A wallet of this owner, an account of viem. */
export async function deployWallet(client, owner) {
    const { address } = await deploy(client, 'Wallet', [owner.address]);
    return { address, signMessage: (what) => owner.signMessage(what) };
}

/** A wallet that its factory has yet to make: what it signs carries how (ERC-6492). deploy(): makes it. */
export async function planWallet(client, owner) {
    const factory = await deploy(client, 'WalletFactory', []);
    const args = [owner.address, zeroHash];
    const address = await client.readContract({ ...factory, functionName: 'addressOf', args });
    const data = encodeFunctionData({ abi: factory.abi, functionName: 'create', args });
    const wrap = (signature) => serializeErc6492Signature({ address: factory.address, data, signature });
    return {
        address,
        signMessage: async (what) => wrap(await owner.signMessage(what)),
        async deploy() {
            const account = (await client.getAddresses())[DEPLOYER];
            const hash = await client.sendTransaction({ to: factory.address, data, account, chain: null });
            await client.waitForTransactionReceipt({ hash });
            return { address, signMessage: (what) => owner.signMessage(what) };
        },
    };
}
