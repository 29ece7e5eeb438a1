-- wrk: each request asks for the balance of another owner; the token comes as the first argument behind "--".
-- Every thread counts from a place of its own.
local threads = 0

function setup(thread)
    thread:set("lane", threads)
    threads = threads + 1
end

function init(args)
    token = args[1]
    owner = tonumber(args[2]) + lane * 100000000
end

function request()
    owner = owner + 1
    return wrk.format("GET", string.format("/balance/0x%040x/%s", owner, token))
end
