// SPDX-License-Identifier: MIT
pragma solidity >=0.8.4;

// Two libraries that are linked, one of them through the other; events of a library; immutables,
// overloads, a constructor with a struct.

library Inner {
    function twice(uint256 value) public pure returns (uint256) {
        return value * 2;
    }
}

library Outer {
    event Moved(address indexed who, uint256 value);

    error TooMuch(uint256 value);

    function move(uint256 value) public returns (uint256) {
        if (value > 1000) revert TooMuch(value);
        emit Moved(msg.sender, value);
        return Inner.twice(value);
    }
}

interface Quiet {
    function nothing() external;
}

abstract contract Base {
    uint256 private immutable seed;

    constructor(uint256 seed_) {
        seed = seed_;
    }

    function baseSeed() external view returns (uint256) {
        return seed;
    }
}

contract Linked is Base {
    struct Setting {
        uint64 limit;
        address owner;
    }

    address public immutable owner;
    uint64 public immutable limit;
    int8 private immutable seed;
    bytes4 public immutable tag;
    uint256 public total;

    constructor(Setting memory setting, int8 seed_, bytes4 tag_) Base(77) {
        owner = setting.owner;
        limit = setting.limit;
        seed = seed_;
        tag = tag_;
    }

    function ownSeed() external view returns (int8) {
        return seed;
    }

    function add(uint256 value) external {
        total += Outer.move(value);
    }

    function add(uint256 value, uint256 more) external {
        total += Inner.twice(value) + more;
    }
}
