// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {SettableBalances} from "./SettableBalances.sol";

/// Name and symbol as bytes32, as tokens from before the standard have them.
contract Bytes32Token is SettableBalances {
    bytes32 public constant name = "Bytes32 Token";
    bytes32 public constant symbol = "B32";
    uint8 public constant decimals = 18;
}

/// Has no decimals() at all.
contract NoDecimalsToken is SettableBalances {
    string public constant name = "No Decimals";
    string public constant symbol = "NODEC";
}

/// Answers balanceOf and nothing else of the standard's optional part.
contract NamelessToken is SettableBalances {}

/// decimals() is a full word, so that it can say more than a uint8 holds.
contract OddDecimalsToken is SettableBalances {
    string public constant name = "Odd Decimals";
    string public constant symbol = "ODD";
    uint256 public immutable decimals;

    constructor(uint256 decimals_) {
        decimals = decimals_;
    }
}

/// A name of 10,000 bytes with control characters and broken UTF-8 before, inside and behind legible text.
contract UglyNameToken is SettableBalances {
    uint8 public constant decimals = 18;

    function name() external pure returns (string memory) {
        bytes memory text = new bytes(10_000);
        bytes memory piece = hex"00556768c3a9201b5b316d0aff4e616d65c020f09f";
        for (uint256 i = 0; i < text.length; i++) {
            text[i] = piece[i % piece.length];
        }
        return string(text);
    }

    function symbol() external pure returns (string memory) {
        return string(bytes.concat(hex"0055473c223e5cff59c28500"));
    }
}
