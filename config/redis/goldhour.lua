-- What Goldhour does inside Redis: one function, its first argument says what. It is loaded as a library of Redis Functions (FCALL goldhour_v2), and, where those
-- are not allowed, as a script (EVALSHA).
--
-- Redis runs it as a whole and alone, but does not roll back: so each part first looks at everything, and only then writes, and nothing in the writing may fail.
-- Out of memory, a disk that is full and too few replicas are refused by Redis before it begins; types of keys, owner, numbers and rights are looked at here.
--
-- KEYS of a partition: 1 meta (hash), 2 log (hash), 3 bucket (hash), 4 outbox (stream), 5 dead (stream). They share a hash tag, hence a slot.

local M = {}
local META, LOG, BUCKET, OUTBOX, DEAD = 1, 2, 3, 4, 5
local TYPES = {'hash', 'hash', 'hash', 'stream', 'stream'}

local function text(n) return string.format('%.0f', n) end

local function wrong_type(keys)
  for i = META, DEAD do
    local is = redis.call('TYPE', keys[i]).ok
    if is ~= 'none' and is ~= TYPES[i] then return keys[i] .. ' is of type ' .. is .. ', not ' .. TYPES[i] end
  end
end

-- The commands that the writing uses, in a form whose rights can be asked for. Returns those that the user may not run on these keys.
local function missing_rights(keys)
  local wanted = {
    {'HSET', keys[META], 'f', 'v'}, {'HDEL', keys[META], 'f'}, {'HMGET', keys[META], 'f'}, {'HGET', keys[META], 'f'}, {'HKEYS', keys[META]},
    {'HSET', keys[LOG], 'f', 'v'}, {'HDEL', keys[LOG], 'f'}, {'HLEN', keys[LOG]}, {'HSET', keys[BUCKET], 'f', 'v'}, {'HDEL', keys[BUCKET], 'f'}, {'HLEN', keys[BUCKET]},
    {'XADD', keys[OUTBOX], '1-0', 'f', 'v'}, {'XTRIM', keys[OUTBOX], 'MINID', '1'}, {'XRANGE', keys[OUTBOX], '-', '+'}, {'XINFO', 'STREAM', keys[OUTBOX]},
    {'XADD', keys[DEAD], '1-0', 'f', 'v'}, {'XDEL', keys[DEAD], '1-0'}, {'XRANGE', keys[DEAD], '-', '+'}, {'TIME'},
  }
  local missing = {}
  for _, command in ipairs(wanted) do
    if not redis.acl_check_cmd(unpack(command)) then missing[#missing + 1] = command[1] .. ' ' .. (command[2] or '') end
  end
  return table.concat(missing, ', ')
end

-- The number of the newest entry that a stream ever had.
local function last_number(key)
  if redis.call('TYPE', key).ok == 'none' then return 0 end
  local info = redis.call('XINFO', 'STREAM', key)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return tonumber(string.match(info[i + 1], '^(%d+)')) end
  end
end

local function now_ms()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

-- What is wrong with the snapshots; without some of them a partition would look like one that has hardly seen a customer.
local function wrong_buckets(keys, buckets)
  if buckets and tonumber(buckets) ~= redis.call('HLEN', keys[BUCKET]) then return keys[BUCKET] .. ' has lost rows, or others were added' end
end

local function owned(keys, owner) return redis.call('HGET', keys[META], 'owner') == owner end

-- ── dead letters ──

-- Adds one. `kept` says which of raw, key and headers there are ('r', 'k', 'h'); beyond the bound only place and reason stay. Returns the new sum of bytes, and 1 for one
-- that is bare.
local function add_letter(keys, number, l, bytes, most)
  local size = #l.detail + #l.raw + #l.key + #l.headers
  local fields = {'input', l.input, 'offset', l.offset, 'record', l.record, 'reason', l.reason, 'at', l.at}
  local fits = bytes + size <= most
  if fits then
    bytes = bytes + size
    for _, name in ipairs({'detail', 'raw', 'key', 'headers'}) do
      if name == 'detail' or string.find(l.kept, string.sub(name, 1, 1), 1, true) then
        fields[#fields + 1] = name
        fields[#fields + 1] = l[name]
      end
    end
  end
  redis.call('XADD', keys[DEAD], text(number) .. '-0', unpack(fields))
  return bytes, fits and 0 or 1
end

-- ── the commit: two steps, each harmless twice ──
--
-- The first is one single command, which says what is so from now on, with all that is to be done as `todo`. The second does it.
--
-- Why: what a function does with several commands stands in the append-only file as a transaction. If the file is cut off within one, Redis (7.0) drops that
-- transaction, but leaves the commands before the cut in the file, and does them at its next start, before what came later. Half of a commit that was lost
-- and then made anew by somebody else would so come back. A single command is there or not. And half of the second step can only come back where the first
-- was not lost: it does again what is true.

-- owner, seq, mark, the mark before it, position, meta, dict, log, cut, dead_most, ndrop, nbuckets, nleads, ndead, and then these: keys; key, row; id, lead; ten of a letter
function M.commit(keys, a)
  local owner, seq, mark = a[2], tonumber(a[3]), a[4]
  local ndrop, nbuckets, nleads, ndead = tonumber(a[12]), tonumber(a[13]), tonumber(a[14]), tonumber(a[15])
  local m = redis.call('HMGET', keys[META], 'owner', 'seq', 'mark', 'lead', 'log_first', 'todo', 'buckets')
  if m[1] ~= owner then return {'FENCED', m[1] or '', m[2] or '0', m[3] or ''} end
  local stored, lead, log_first = tonumber(m[2]), tonumber(m[4]), tonumber(m[5])
  if stored == seq and m[3] == mark then return {'OK', m[4]} end
  if stored >= seq then return {'FENCED', m[1], m[2], m[3]} end
  if stored < seq - 1 then return {'REWOUND', m[2], m[3]} end
  if m[3] ~= a[5] then return {'FENCED', m[1], m[2], m[3]} end -- as long as what this comes behind, but another history
  if m[6] then return {'APPLY'} end
  local wrong = wrong_type(keys) or wrong_buckets(keys, m[7])
  if wrong then return {'DAMAGED', wrong} end
  if #a ~= 15 + ndrop + 2 * nbuckets + 2 * nleads + 10 * ndead then return {'DAMAGED', 'a commit with a wrong number of arguments'} end
  if log_first + redis.call('HLEN', keys[LOG]) ~= seq then return {'DAMAGED', keys[LOG] .. ' has lost rows, or others were added'} end
  if nleads > 0 and last_number(keys[OUTBOX]) > lead then return {'DAMAGED', keys[OUTBOX] .. ' has entries that are not ours'} end

  local fields = {'seq', a[3], 'mark', mark, 'position', a[6], 'meta', a[7], 'lead', text(lead + nleads), 'todo', cmsgpack.pack(a)}
  if a[8] ~= '' then fields[#fields + 1], fields[#fields + 2] = 'dict', a[8] end
  redis.call('HSET', keys[META], unpack(fields))
  return {'OK', text(lead + nleads)}
end

-- What a commit has left to do; returns how many dead letters were bare. Of what half of it has done before, leads are passed over by their numbers; a dead letter may then
-- stand there twice.
local function apply(keys)
  local m = redis.call('HMGET', keys[META], 'todo', 'lead', 'dead', 'dead_bytes', 'log_first')
  if not m[1] then return 0 end
  local a = cmsgpack.unpack(m[1])
  local seq, cut, dead_most, log_first = tonumber(a[3]), tonumber(a[10]), tonumber(a[11]), tonumber(m[5])
  local ndrop, nbuckets, nleads, ndead = tonumber(a[12]), tonumber(a[13]), tonumber(a[14]), tonumber(a[15])
  local lead, there, dead, dead_bytes = tonumber(m[2]) - nleads, last_number(keys[OUTBOX]), math.max(tonumber(m[3]), last_number(keys[DEAD])), tonumber(m[4])
  local at, bare = 16, 0
  for i = at, at + ndrop - 1 do redis.call('HDEL', keys[BUCKET], a[i]) end
  at = at + ndrop
  for i = at, at + 2 * nbuckets - 1, 2 do redis.call('HSET', keys[BUCKET], a[i], a[i + 1]) end
  at = at + 2 * nbuckets
  for i = at, at + 2 * nleads - 1, 2 do
    lead = lead + 1
    if lead > there then redis.call('XADD', keys[OUTBOX], text(lead) .. '-0', 'id', a[i], 'lead', a[i + 1]) end
  end
  at = at + 2 * nleads
  for i = at, at + 10 * ndead - 1, 10 do
    dead = dead + 1
    local l = {kept = a[i], input = a[i + 1], offset = a[i + 2], record = a[i + 3], reason = a[i + 4], detail = a[i + 5], raw = a[i + 6], key = a[i + 7],
               headers = a[i + 8], at = a[i + 9]}
    local one
    dead_bytes, one = add_letter(keys, dead, l, dead_bytes, dead_most)
    bare = bare + one
  end
  redis.call('HSET', keys[LOG], a[3], a[9])
  cut = math.min(cut, seq + 1)
  if cut > log_first then
    for row = log_first, cut - 1 do redis.call('HDEL', keys[LOG], text(row)) end
    log_first = cut
  end
  redis.call('HSET', keys[META], 'dead', text(dead), 'dead_bytes', text(dead_bytes), 'log_first', text(log_first),
             'buckets', text(redis.call('HLEN', keys[BUCKET])))
  redis.call('HDEL', keys[META], 'todo')
  return bare
end

-- owner
function M.apply(keys, a)
  if not owned(keys, a[2]) then return {'FENCED'} end
  local wrong = wrong_type(keys)
  if wrong then return {'DAMAGED', wrong} end
  return {'OK', text(apply(keys))}
end

-- ── places of sinks: sink:NAME -> epoch number bytes file ──

local function read_place(value)
  local epoch, number, bytes, file = string.match(value or '', '^(%S+) (%d+) (%d+) ?(.*)$')
  return {epoch = epoch, number = tonumber(number or 0), bytes = bytes or '0', file = file or ''}
end

local function write_place(keys, sink, epoch, number, bytes, file)
  redis.call('HSET', keys[META], 'sink:' .. sink, epoch .. ' ' .. text(number) .. ' ' .. bytes .. ' ' .. file)
end

local function sinks(keys)
  local names = {}
  for _, field in ipairs(redis.call('HKEYS', keys[META])) do
    local name = string.match(field, '^sink:(.*)$')
    if name then names[#names + 1] = name end
  end
  return names
end

-- The lead before the oldest that the outbox holds.
local function before_oldest(keys, lead)
  local first = redis.call('XRANGE', keys[OUTBOX], '-', '+', 'COUNT', 1)[1]
  return first and tonumber(string.match(first[1], '^(%d+)')) - 1 or lead
end

-- A place of another epoch, or beyond the last lead, may stand for leads that are others now: it goes back to what the outbox still holds.
local function set_back(keys, epoch, lead)
  for _, name in ipairs(sinks(keys)) do
    local p = read_place(redis.call('HGET', keys[META], 'sink:' .. name))
    if p.epoch ~= epoch or p.number > lead then
      write_place(keys, name, epoch, math.min(p.number, before_oldest(keys, lead)), p.bytes, p.file)
    end
  end
end

-- Leads stay `keep` milliseconds after the last sink has them. `handed` remembers when it had which: moments at least a sixtieth of that apart.
local function trim(keys, keep)
  local least = nil
  for _, name in ipairs(sinks(keys)) do
    local number = read_place(redis.call('HGET', keys[META], 'sink:' .. name)).number
    if not least or number < least then least = number end
  end
  local now, gone, kept, newest, top = now_ms(), 0, {}, nil, 0
  for at, number in string.gmatch(redis.call('HGET', keys[META], 'handed') or '', '(%d+):(%d+)') do
    if tonumber(at) + keep <= now then gone = math.max(gone, tonumber(number))
    else kept[#kept + 1], newest, top = at .. ':' .. number, tonumber(at), tonumber(number) end
  end
  if least and least > top and least > gone and (not newest or newest + keep / 60 <= now) then
    if keep > 0 then kept[#kept + 1] = text(now) .. ':' .. text(least) else gone = least end
  end
  if gone > 0 then redis.call('XTRIM', keys[OUTBOX], 'MINID', text(gone + 1) .. '-0') end
  redis.call('HSET', keys[META], 'handed', table.concat(kept, ' '))
end

-- owner, sink, number, bytes, file, keep, the epoch in which the caller has read the place (empty: never): forward alone; an older one that comes late changes
-- nothing
function M.place(keys, a)
  if not owned(keys, a[2]) then return {'FENCED'} end
  local m = redis.call('HMGET', keys[META], 'epoch', 'lead', 'sink:' .. a[3])
  local number = tonumber(a[4])
  if a[8] ~= '' and a[8] ~= m[1] then return {'EPOCH'} end
  if number > tonumber(m[2]) then return {'AHEAD', m[2]} end
  if m[3] and read_place(m[3]).number > number then return {'OK'} end
  write_place(keys, a[3], m[1], number, a[5], a[6])
  trim(keys, tonumber(a[7]))
  return {'OK'}
end

-- a lead: what there is behind it, in one look: the last lead, whether the last commit has something left to do, and whether the outbox has a later one
function M.behind(keys, a)
  local m = redis.call('HMGET', keys[META], 'lead', 'todo')
  local later = redis.call('XRANGE', keys[OUTBOX], text(tonumber(a[2]) + 1) .. '-0', '+', 'COUNT', 1)[1]
  return {'OK', m[1] or '0', m[2] and '1' or '0', later and '1' or '0'}
end

-- owner, sink…: these are the only ones from now on; the answer names those that go, and how many leads they lack that no new one gets in their place
function M.sinks(keys, a)
  if not owned(keys, a[2]) then return {'FENCED'} end
  local epoch, lead = unpack(redis.call('HMGET', keys[META], 'epoch', 'lead'))
  local known, furthest, named, answer, gets = sinks(keys), 0, {}, {'OK'}, tonumber(lead)
  for _, name in ipairs(known) do furthest = math.max(furthest, read_place(redis.call('HGET', keys[META], 'sink:' .. name)).number) end
  for i = 3, #a do
    named[a[i]] = true
    if not redis.call('HGET', keys[META], 'sink:' .. a[i]) then
      write_place(keys, a[i], epoch, furthest, '0', '')
      gets = furthest
    end
  end
  for _, name in ipairs(known) do
    if not named[name] then
      local lacks = gets - read_place(redis.call('HGET', keys[META], 'sink:' .. name)).number
      if lacks > 0 then answer[#answer + 1], answer[#answer + 2] = name, text(lacks) end
      redis.call('HDEL', keys[META], 'sink:' .. name)
    end
  end
  return answer
end

-- owner, sink, number, bytes, file, keep, epoch, reason, dead_most, most: at most so many at once; the answer says how far it came, and of how many
-- leads the number alone was kept
function M.bury(keys, a)
  if not owned(keys, a[2]) then return {'FENCED'} end
  apply(keys)
  local sink, target, reason, dead_most, most = a[3], tonumber(a[4]), a[9], tonumber(a[10]), tonumber(a[11])
  local m = redis.call('HMGET', keys[META], 'epoch', 'lead', 'dead', 'dead_bytes', 'sink:' .. sink)
  local dead, dead_bytes, place = tonumber(m[3]), tonumber(m[4]), read_place(m[5])
  if a[8] ~= '' and a[8] ~= m[1] then return {'EPOCH'} end
  if target > tonumber(m[2]) then return {'AHEAD', m[2]} end
  dead = math.max(dead, last_number(keys[DEAD]))
  if place.number >= target then return {'OK', text(place.number)} end
  local leads = redis.call('XRANGE', keys[OUTBOX], text(place.number + 1) .. '-0', text(target) .. '-0', 'COUNT', most)
  local at, reached, bare = text(now_ms()), target, 0
  for _, entry in ipairs(leads) do
    local number = string.match(entry[1], '^(%d+)')
    local one
    dead = dead + 1
    dead_bytes, one = add_letter(keys, dead, {kept = 'r', input = sink, offset = '0', record = number, reason = reason, detail = '', raw = entry[2][4], key = '', headers = '',
                                         at = at}, dead_bytes, dead_most)
    bare = bare + one
    if #leads == most then reached = tonumber(number) end
  end
  redis.call('HSET', keys[META], 'dead', text(dead), 'dead_bytes', text(dead_bytes))
  if reached == target then write_place(keys, sink, m[1], target, a[5], a[6])
  else write_place(keys, sink, m[1], reached, place.bytes, place.file) end
  trim(keys, tonumber(a[7]))
  return {'OK', text(reached), text(bare)}
end

-- number…: of dead letters; gives their bytes back
function M.drop(keys, a)
  local bytes, dropped = tonumber(redis.call('HGET', keys[META], 'dead_bytes') or '0'), 0
  for i = 2, #a do
    local entry = redis.call('XRANGE', keys[DEAD], a[i] .. '-0', a[i] .. '-0')[1]
    if entry then
      local f = entry[2]
      for j = 1, #f, 2 do
        if f[j] == 'detail' or f[j] == 'raw' or f[j] == 'key' or f[j] == 'headers' then bytes = bytes - #f[j + 1] end
      end
      dropped = dropped + redis.call('XDEL', keys[DEAD], a[i] .. '-0')
    end
  end
  if dropped > 0 then redis.call('HSET', keys[META], 'dead_bytes', text(math.max(bytes, 0))) end
  return {'OK', text(dropped)}
end

-- ── ownership ──

-- owner, format, a new epoch, whether commits were lost, and '=' with whom alone it may be taken from (empty: from anybody): who calls is the owner from now on;
-- whose it was, and what the partition holds, but for its rows
function M.acquire(keys, a)
  local wrong = wrong_type(keys)
  if wrong then return {'DAMAGED', wrong} end
  local missing = missing_rights(keys)
  if missing ~= '' then return {'RIGHTS', missing} end
  local before = redis.call('HGET', keys[META], 'owner') or ''
  if a[6] ~= '' and a[6] ~= '=' .. before and a[2] ~= before then return {'FENCED', before} end
  local format = redis.call('HGET', keys[META], 'format')
  if format and format ~= a[3] then return {'FORMAT', format} end
  if format then apply(keys) end
  wrong = wrong_buckets(keys, redis.call('HGET', keys[META], 'buckets'))
  if wrong then return {'DAMAGED', wrong} end
  if not format then
    redis.call('HSET', keys[META], 'format', a[3], 'seq', '0', 'mark', '', 'epoch', a[4], 'lead', text(last_number(keys[OUTBOX])), 'dead', text(last_number(keys[DEAD])),
               'dead_bytes', '0', 'log_first', '1', 'meta', '', 'dict', '')
  end
  if a[5] == '1' then redis.call('HSET', keys[META], 'epoch', a[4]) end
  redis.call('HSET', keys[META], 'owner', a[2])
  local m = redis.call('HMGET', keys[META], 'seq', 'mark', 'epoch', 'lead', 'log_first', 'meta', 'dict')
  set_back(keys, m[3], tonumber(m[4]))
  return {'OK', m[1], m[2], m[4], m[5], text(redis.call('HLEN', keys[LOG])), m[6], m[7], before}
end

-- owner, a new epoch: what went beyond the last commit was lost
function M.lost(keys, a)
  if not owned(keys, a[2]) then return {'FENCED'} end
  redis.call('HSET', keys[META], 'epoch', a[3])
  set_back(keys, a[3], tonumber(redis.call('HGET', keys[META], 'lead')))
  return {'OK'}
end

function M.rights(keys) return {'OK', missing_rights(keys)} end

-- ── the installation: KEYS 1 is gh:{NAME}:store or gh:{NAME}:rules ──

-- id, format, partitions, made, release: unless there is one
function M.found(keys, a)
  local known = redis.call('HMGET', keys[1], 'id', 'format', 'partitions')
  if known[1] then return {'OK', known[1], known[2] or '0', known[3] or '0'} end
  redis.call('HSET', keys[1], 'id', a[2], 'format', a[3], 'partitions', a[4], 'made', a[5], 'release', a[6])
  return {'OK', a[2], a[3], a[4]}
end

local function activate(keys, number, version, bundle, at)
  redis.call('HSET', keys[1], 'number', number, 'version', version, 'bundle', bundle, 'at', at, 'seen:' .. version, number)
end

-- version, bundle, at, only_new, the least number, the number before: the set becomes the active one. If it did so since that number, this is said a second time, for want of
-- an answer: what was published in between stays
function M.publish(keys, a)
  local m = redis.call('HMGET', keys[1], 'number', 'version', 'seen:' .. a[2])
  if m[2] == a[2] or (m[3] and (a[5] == '1' or tonumber(m[3]) > tonumber(a[7]))) then return {'OK', m[1], m[2]} end
  local number = text(math.max(tonumber(m[1] or '0') + 1, tonumber(a[6])))
  activate(keys, number, a[2], a[3], a[4])
  return {'OK', number, a[2]}
end

-- number, version, bundle, at: a set that was active here before Redis lost it
function M.restore(keys, a)
  if tonumber(redis.call('HGET', keys[1], 'number') or '0') < tonumber(a[2]) then activate(keys, a[2], a[3], a[4], a[5]) end
  return {'OK'}
end

local function run(keys, args)
  local f = M[args[1]]
  if not f then return {'DAMAGED', 'another release of Goldhour has loaded functions of the same name'} end
  return f(keys, args)
end
