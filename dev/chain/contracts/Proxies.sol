// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";

/// What stands behind a proxy at first.
contract FirstLogic {
    uint256 internal kept;

    event Kept(address indexed by, uint256 number);
    error TooLarge(uint256 number, uint256 most);

    function keep(uint256 number) external payable {
        if (number > 1000) revert TooLarge(number, 1000);
        kept = number;
        emit Kept(msg.sender, number);
    }

    function number() external view returns (uint256) {
        return kept;
    }
}

/// And after an upgrade.
contract SecondLogic is FirstLogic {
    function twice() external view returns (uint256) {
        return 2 * kept;
    }
}

/// A proxy by EIP-1967 that anybody may upgrade.
contract SampleProxy is ERC1967Proxy {
    constructor(address logic) ERC1967Proxy(logic, abi.encodeCall(FirstLogic.keep, (1))) {}

    function upgradeTo(address logic) external {
        ERC1967Utils.upgradeToAndCall(logic, "");
    }

    receive() external payable {}
}

contract SampleBeacon is UpgradeableBeacon {
    constructor(address logic, address owner) UpgradeableBeacon(logic, owner) {}
}

contract SampleBeaconProxy is BeaconProxy {
    constructor(address beacon) BeaconProxy(beacon, "") {}

    receive() external payable {}
}

/// Its constructor takes what constructors may, and money.
contract Deployable {
    struct Limits {
        uint64 least;
        uint64 most;
    }

    string public title;
    Limits public limits;
    address[] public members;

    error Upside(uint64 least, uint64 most);

    constructor(string memory title_, Limits memory limits_, address[] memory members_) payable {
        if (limits_.least > limits_.most) revert Upside(limits_.least, limits_.most);
        title = title_;
        limits = limits_;
        members = members_;
    }
}
