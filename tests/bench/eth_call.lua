-- wrk: each request is one eth_call for the balance of another owner, straight to a node. Arguments behind "--": the
-- token, the first owner.
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
    local body = string.format('{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"%s","data":"0x70a08231%064x"},' ..
        '"latest"]}', token, owner)
    return wrk.format("POST", "/", {["Content-Type"] = "application/json"}, body)
end
