-- wrk: each request calls a function of a contract through dappd, with another argument. Arguments behind "--": the
-- contract, the first owner.
local threads = 0

function setup(thread)
    thread:set("lane", threads)
    threads = threads + 1
end

function init(args)
    contract = args[1]
    owner = tonumber(args[2]) + lane * 100000000
end

function request()
    owner = owner + 1
    local body = string.format('{"function":"function balanceOf(address owner) view returns (uint256)","args":["0x%040x"]}', owner)
    return wrk.format("POST", "/contracts/" .. contract .. "/call", {["Content-Type"] = "application/json"}, body)
end
