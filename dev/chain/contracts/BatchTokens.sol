// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {SettableToken} from "./SettableToken.sol";

/// A mint when it comes from the zero address, a burn when it goes there. Amounts are cut down to what there is, so
/// that a long random list never reverts.
struct Step {
    address from;
    address to;
    uint256 amount;
}

function atMost(uint256 amount, uint256 limit) pure returns (uint256) {
    return amount < limit ? amount : limit;
}

/// A well-behaved token that takes many steps in one transaction, and some already while it is created.
contract BatchToken is ERC20 {
    constructor(string memory name_, string memory symbol_, Step[] memory steps) ERC20(name_, symbol_) {
        for (uint256 i = 0; i < steps.length; i++) {
            _take(steps[i]);
        }
    }

    function run(Step[] calldata steps) external {
        for (uint256 i = 0; i < steps.length; i++) {
            _take(steps[i]);
        }
    }

    function _take(Step memory step) private {
        bool mints = step.from == address(0);
        uint256 limit = mints ? type(uint256).max - totalSupply() : balanceOf(step.from);
        _update(step.from, step.to, atMost(step.amount, limit));
    }
}

/// Says that the whole amount has arrived, and keeps a fee. Without a fee it is dishonest only when a balance is set.
contract FeeToken is SettableToken {
    uint256 private immutable _feePercent;

    constructor(string memory name_, string memory symbol_, uint256 feePercent) SettableToken(name_, symbol_, 18) {
        _feePercent = feePercent;
    }

    function run(Step[] calldata steps) external {
        for (uint256 i = 0; i < steps.length; i++) {
            Step calldata step = steps[i];
            uint256 amount = atMost(step.amount, type(uint128).max);
            if (step.from != address(0)) {
                amount = atMost(amount, _balances[step.from]);
                _balances[step.from] -= amount;
            }
            if (step.to != address(0)) {
                _balances[step.to] += amount - amount * _feePercent / 100;
            }
            emit Transfer(step.from, step.to, amount);
        }
    }
}

/// As WETH9: wrapping and unwrapping are a Deposit and a Withdrawal. One that announces emits Transfer beside them.
contract WrappedCoin {
    string public name;
    string public symbol;
    uint8 public constant decimals = 18;
    bool private immutable _announces;
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed src, address indexed dst, uint256 wad);
    event Deposit(address indexed dst, uint256 wad);
    event Withdrawal(address indexed src, uint256 wad);

    constructor(string memory name_, string memory symbol_, bool announces) {
        name = name_;
        symbol = symbol_;
        _announces = announces;
    }

    function totalSupply() external view returns (uint256) {
        return address(this).balance;
    }

    /// Wraps what comes with the call, for whom it likes; what is left and what is unwrapped goes to the caller.
    function run(Step[] calldata steps) external payable {
        uint256 left = msg.value;
        for (uint256 i = 0; i < steps.length; i++) {
            Step calldata step = steps[i];
            if (step.from == address(0)) {
                uint256 wad = atMost(step.amount, left);
                _wrap(step.to, wad);
                left -= wad;
            } else if (step.to == address(0)) {
                uint256 wad = atMost(step.amount, balanceOf[step.from]);
                _unwrap(step.from, wad);
                left += wad;
            } else {
                _move(step.from, step.to, atMost(step.amount, balanceOf[step.from]));
            }
        }
        payable(msg.sender).transfer(left);
    }

    function _wrap(address dst, uint256 wad) private {
        balanceOf[dst] += wad;
        emit Deposit(dst, wad);
        if (_announces) emit Transfer(address(0), dst, wad);
    }

    function _unwrap(address src, uint256 wad) private {
        balanceOf[src] -= wad;
        emit Withdrawal(src, wad);
        if (_announces) emit Transfer(src, address(0), wad);
    }

    function _move(address src, address dst, uint256 wad) private {
        balanceOf[src] -= wad;
        balanceOf[dst] += wad;
        emit Transfer(src, dst, wad);
    }
}
