// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Balances and allowances are whatever a test writes, up to 2^256-1, with no total that could overflow.
/// The base of the odd tokens: it says nothing of itself, so that each adds only what it is odd in.
abstract contract SettableBalances {
    mapping(address => uint256) internal _balances;
    mapping(address => mapping(address => uint256)) internal _allowances;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    function setBalance(address owner, uint256 amount) public {
        _balances[owner] = amount;
    }

    function setBalances(address[] calldata owners, uint256[] calldata amounts) external {
        require(owners.length == amounts.length, "as many amounts as owners");
        for (uint256 i = 0; i < owners.length; i++) {
            setBalance(owners[i], amounts[i]);
        }
    }

    function balanceOf(address owner) public view virtual returns (uint256) {
        return _balances[owner];
    }

    function transfer(address to, uint256 amount) external virtual returns (bool) {
        _balances[msg.sender] -= amount;
        _balances[to] += amount;
        emit Transfer(msg.sender, to, amount);
        return true;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        _allowances[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function allowance(address owner, address spender) external view returns (uint256) {
        return _allowances[owner][spender];
    }
}
