// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {SettableBalances} from "./SettableBalances.sol";

/// All metadata can change later as well, as behind a proxy that is upgraded.
contract SettableToken is SettableBalances {
    string public name;
    string public symbol;
    uint8 public decimals;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) {
        setMetadata(name_, symbol_, decimals_);
    }

    function setMetadata(string memory name_, string memory symbol_, uint8 decimals_) public {
        name = name_;
        symbol = symbol_;
        decimals = decimals_;
    }
}
