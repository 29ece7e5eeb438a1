// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {SettableBalances} from "./SettableBalances.sol";
import {SettableToken} from "./SettableToken.sol";

/// balanceOf fails in one of the ways the EVM knows.
contract RevertingToken is SettableToken {
    enum Failure {
        Reason,
        CustomError,
        Panic,
        Silent,
        OutOfGas
    }

    Failure private immutable _failure;

    error BalancesPaused(address owner);

    constructor(string memory symbol_, Failure failure) SettableToken("Reverting Token", symbol_, 18) {
        _failure = failure;
    }

    function balanceOf(address owner) public view override returns (uint256) {
        if (_failure == Failure.Reason) revert("balances are paused");
        if (_failure == Failure.CustomError) revert BalancesPaused(owner);
        if (_failure == Failure.Panic) return _balances[address(0)] - 1;
        while (_failure == Failure.OutOfGas) {}
        revert();
    }
}

/// balanceOf returns a number of bytes of its own choice: the balance's word, cut or followed by ones.
contract OddLengthToken is SettableToken {
    uint256 private immutable _length;

    constructor(string memory symbol_, uint256 length) SettableToken("Odd Length", symbol_, 18) {
        _length = length;
    }

    function balanceOf(address owner) public view override returns (uint256) {
        uint256 length = _length;
        uint256 amount = _balances[owner];
        bytes memory answer = new bytes(length + 32);
        for (uint256 i = 32; i < length; i++) {
            answer[i] = 0xff;
        }
        assembly {
            mstore(add(answer, 32), amount)
            return(add(answer, 32), length)
        }
    }
}

/// Balances are shares of a supply that changes without any Transfer.
contract RebasingToken is SettableBalances {
    string public constant name = "Rebasing Token";
    string public constant symbol = "REBASE";
    uint8 public constant decimals = 18;
    uint256 public percent = 100;

    /// From now on every balance is this many hundredths of what was set.
    function rebase(uint256 percent_) external {
        percent = percent_;
    }

    function balanceOf(address owner) public view override returns (uint256) {
        return _balances[owner] * percent / 100;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        uint256 shares = amount * 100 / percent;
        _balances[msg.sender] -= shares;
        _balances[to] += shares;
        emit Transfer(msg.sender, to, amount);
        return true;
    }
}
