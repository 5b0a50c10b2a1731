-- One client's work for wrk: `wrk -s load.lua URL -- PRODUCT WORK SECRET CONTACTS`.
-- PRODUCT: entente or tryton. WORK: record, find or newest.
-- SECRET: an API key of Entente, or `DATABASE SESSION` of Tryton.

local product, work, contacts, started
local count = 0

-- Names that no other run has used.
local function fresh()
  count = count + 1
  return string.format("%d-%d", started, count)
end

local entente = {
  record = function(headers)
    local id = fresh()
    return wrk.format("POST", "/v1/identify", headers, string.format(
      '{"userId":"%s","traits":{"email":"%s@example.com","name":"Ana %s","address":{"city":"Lyon"}}}', id, id, id))
  end,
  find = function(headers)
    return wrk.format("GET", "/api/v1/profiles?identifier=email:c" .. math.random(contacts) .. "@example.com", headers)
  end,
  newest = function(headers)
    return wrk.format("GET", "/api/v1/profiles?limit=50", headers)
  end,
}

local function call(method, parameters)
  return string.format('{"id":1,"method":"%s","params":%s}', method, parameters)
end

local fields = '["rec_name","create_date","contact_mechanisms"]'

local tryton = {
  record = function()
    local id = fresh()
    return call("model.party.party.create", string.format(
      '[[{"code":"%s","name":"Ana %s","contact_mechanisms":[["create",[{"type":"email","value":"%s@example.com"}]]],' ..
      '"addresses":[["create",[{"city":"Lyon"}]]]}],{}]', id, id, id))
  end,
  find = function()
    return call("model.party.party.search_read", string.format(
      '[[["contact_mechanisms.value","=","c%d@example.com"]],0,1,null,%s,{}]', math.random(contacts), fields))
  end,
  newest = function()
    return call("model.party.party.search_read", '[[],0,50,[["id","DESC"]],' .. fields .. ',{}]')
  end,
}

function init(arguments)
  product, work, contacts = arguments[1], arguments[2], tonumber(arguments[4])
  started = os.time()
  math.randomseed(started)
  if product == "entente" then
    local headers = { ["Authorization"] = "Bearer " .. arguments[3], ["Content-Type"] = "application/json" }
    request = function() return entente[work](headers) end
  else
    local database, session = arguments[3]:match("(%S+) (%S+)")
    local headers = { ["Authorization"] = "Session " .. session, ["Content-Type"] = "application/json" }
    request = function() return wrk.format("POST", "/" .. database .. "/rpc/", headers, tryton[work]()) end
  end
end

-- Tryton tells an error with status 200 too.
function response(status, _, body)
  if status ~= 200 or (product == "tryton" and body:find('"error"', 1, true)) then
    io.stderr:write(status .. " " .. body:sub(1, 400) .. "\n")
    os.exit(1)
  end
end

function done(summary, latency)
  io.write(string.format("%s requests/s, median %s ms, 99 %% %s ms, %d failed\n",
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.timeout + summary.errors.connect + summary.errors.read))
end
