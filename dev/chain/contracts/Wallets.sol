// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// A wallet that is a contract: whoever holds its owner's key signs for it (ERC-1271).
contract Wallet {
    bytes4 internal constant VALID = 0x1626ba7e;

    address public owner;

    constructor(address owner_) {
        owner = owner_;
    }

    /// A stranger's signature gets an answer that is not the magic value, one that is no signature a revert.
    function isValidSignature(bytes32 hash, bytes calldata signature) external view virtual returns (bytes4) {
        return _signedByOwner(hash, signature) ? VALID : bytes4(0xffffffff);
    }

    function setOwner(address owner_) external {
        require(msg.sender == owner, "not the owner");
        owner = owner_;
    }

    function _signedByOwner(bytes32 hash, bytes calldata signature) internal view returns (bool) {
        require(signature.length == 65, "not 65 bytes");
        uint8 v = uint8(signature[64]);
        address signer = ecrecover(hash, v, bytes32(signature[:32]), bytes32(signature[32:64]));
        return signer != address(0) && signer == owner;
    }
}

/// Refuses its owner too until it has been prepared: what a deployed wallet needs that was not migrated yet (ERC-6492).
contract UnpreparedWallet is Wallet {
    bool public prepared;

    constructor(address owner_) Wallet(owner_) {}

    function prepare() external {
        prepared = true;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view override returns (bytes4) {
        require(prepared, "not prepared");
        return _signedByOwner(hash, signature) ? VALID : bytes4(0xffffffff);
    }
}

/// Makes wallets at addresses that are known before (CREATE2): what ERC-6492 wraps around a signature calls `create`.
contract WalletFactory {
    /// The wallet of this owner and salt, made now unless it has been. Anyone may pay for it.
    function create(address owner, bytes32 salt) external returns (address wallet) {
        wallet = addressOf(owner, salt);
        if (wallet.code.length == 0) new Wallet{salt: salt}(owner);
    }

    function addressOf(address owner, bytes32 salt) public view returns (address) {
        bytes32 code = keccak256(abi.encodePacked(type(Wallet).creationCode, abi.encode(owner)));
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"ff", address(this), salt, code)))));
    }
}

/// Answers isValidSignature in one of the ways that must not be taken for a yes, or that must.
contract OddWallet {
    enum Answer {
        Valid,
        NotPadded, // the magic value, then bytes that are not zero
        Short, // 31 bytes
        Long, // 64 bytes, the magic value first
        Empty,
        One, // true, as a bool has it
        Reverts,
        BurnsGas,
        Huge, // as many zeros as gas buys, the magic value first
        Writes // needs to write, which a static call forbids
    }

    Answer private immutable _answer;
    uint256 private _written;

    constructor(Answer answer) {
        _answer = answer;
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        Answer answer = _answer;
        if (answer == Answer.Reverts) revert("no");
        while (answer == Answer.BurnsGas) {}
        if (answer == Answer.Writes) _written++;
        uint256 word = uint256(0x1626ba7e) << 224;
        if (answer == Answer.NotPadded) word |= 1;
        if (answer == Answer.One) word = 1;
        uint256 length = 32;
        if (answer == Answer.Short) length = 31;
        if (answer == Answer.Long) length = 64;
        if (answer == Answer.Empty) length = 0;
        if (answer == Answer.Huge) length = 1 << 20;
        assembly {
            mstore(0, word)
            mstore(32, 0)
            return(0, length)
        }
    }
}
