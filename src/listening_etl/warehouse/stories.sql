-- Views on what belongs together: copies, links of every kind, and accounts that act as one.
-- Idempotent: run after every migration, after functions.sql. All links are stars (to the first, or to the one
-- before), so that they grow with the mentions and not with their pairs.

-- -------------------------------------------------------------------------------------------- stories

create or replace view listening.story as
select
    b.topic,
    b.story_id,
    count(*) as copies,
    count(*) filter (where b.how = 'near') as reworded,
    count(distinct coalesce(m.author_key, m.mention_id)) as authors,
    array_agg(distinct m.source) as sources,
    min(m.published_at) as first_published_at,
    max(m.published_at) as last_published_at,
    (array_agg(m.source order by m.published_at, m.mention_id))[1] as source,
    (array_agg(m.title order by m.published_at, m.mention_id))[1] as title,
    (array_agg(m.text order by m.published_at, m.mention_id))[1] as text,
    (array_agg(m.url order by m.published_at, m.mention_id))[1] as url,
    (array_agg(m.author_key order by m.published_at, m.mention_id))[1] as author_key
from listening.bridge_mention_story as b
join listening.fct_mention as m on m.mention_id = b.mention_id
where m.deleted_at is null
group by b.topic, b.story_id;
comment on view listening.story is
    'What was told more than once in nearly the same words: one row per topic and story of two mentions or more, shown by the first that was published. Owned mentions and the context of threads are among them.';
comment on column listening.story.topic is 'topic';
comment on column listening.story.story_id is 'mention_id of the canonical mention: the first published';
comment on column listening.story.copies is 'mentions that tell it, the canonical one included';
comment on column listening.story.reworded is 'of these, how many in other words than the canonical one';
comment on column listening.story.authors is 'distinct authors; an unknown one counts as one of its own';
comment on column listening.story.sources is 'sources on which it is told, in alphabetical order';
comment on column listening.story.first_published_at is 'publication of the canonical mention';
comment on column listening.story.last_published_at is 'publication of the latest copy';
comment on column listening.story.source is 'source of the canonical mention';
comment on column listening.story.title is 'title of the canonical mention, masked; null: none';
comment on column listening.story.text is 'text of the canonical mention, masked; null: none';
comment on column listening.story.url is 'link to the canonical mention; null where the link names its author';
comment on column listening.story.author_key is 'author of the canonical mention; null: unknown';

-- ----------------------------------------------------------------------------- objects and who shares them

create or replace view listening.share as
with held as (
    select
        q.topic, m.mention_id, m.published_at, m.source, m.author_key, m.url, m.links, m.reshared_id, s.story_id
    from listening.bridge_mention_query as q
    join listening.fct_mention as m on m.mention_id = q.mention_id
    left join listening.bridge_mention_story as s on s.topic = q.topic and s.mention_id = q.mention_id
    where m.deleted_at is null
)
select h.topic, o.kind, o.object, h.mention_id, h.published_at, h.source, h.author_key
from held as h
cross join lateral (
    select 'story' as kind, h.story_id::text as object
    union all
    select 'reshare', h.source || ':' || h.reshared_id
    union all
    select distinct 'link', shared.link
    from unnest(h.links) as shared (link)
    union all
    select 'link', h.url
    where h.url <> all(h.links)
) as o
where o.object is not null;
comment on view listening.share is
    'What each mention passes on: the story that it is a copy of, the mention that it reshares, the links in it and its own. One row per topic, mention and object; deleted mentions are left out. Filter on topic.';
comment on column listening.share.topic is 'topic';
comment on column listening.share.kind is 'story, reshare or link';
comment on column listening.share.object is 'story_id, source and native id of what is reshared, or the link';
comment on column listening.share.mention_id is 'mention';
comment on column listening.share.published_at is 'when it was published';
comment on column listening.share.source is 'where it comes from, see dim_source';
comment on column listening.share.author_key is 'who wrote it, by pseudonym; null: unknown';

-- ---------------------------------------------------------------------------------------------- links

create or replace view listening.mention_link as
select q.topic, l.mention_id, l.other_id, l.kind, null::float8 as score
from listening.fct_link as l
join listening.bridge_mention_query as q on q.mention_id = l.mention_id
join listening.bridge_mention_query as p on p.topic = q.topic and p.mention_id = l.other_id
join listening.fct_mention as m on m.mention_id = l.mention_id and m.deleted_at is null
join listening.fct_mention as o on o.mention_id = l.other_id and o.deleted_at is null
union all
select t.topic, t.mention_id, t.first_id, 'thread', null
from (
    select
        q.topic, m.mention_id,
        first_value(m.mention_id) over (
            partition by q.topic, m.source, m.conversation_id order by m.published_at, m.mention_id
        ) as first_id
    from listening.bridge_mention_query as q
    join listening.fct_mention as m on m.mention_id = q.mention_id
    where m.conversation_id is not null and m.deleted_at is null
) as t
where t.mention_id <> t.first_id
union all
select b.topic, b.mention_id, b.story_id, case b.how when 'exact' then 'exact' else 'near_duplicate' end, b.similarity
from listening.bridge_mention_story as b
where b.how <> 'canonical'
union all
select distinct s.topic, s.mention_id, star.other_id, star.kind, null::float8
from (
    -- each share with the first of its object, and with the one just before it
    select
        topic, kind, mention_id, published_at, author_key,
        first_value(mention_id) over earlier as first_id,
        lag(mention_id) over earlier as previous_id,
        lag(author_key) over earlier as previous_author,
        lag(published_at) over earlier as previous_at
    from listening.share
    where kind in ('link', 'story')
    window earlier as (partition by topic, kind, object order by published_at, mention_id)
) as s
cross join lateral (
    select 'url' as kind, s.first_id as other_id
    where s.kind = 'link' and s.mention_id <> s.first_id
    union all
    select 'burst', s.previous_id
    where s.author_key <> s.previous_author and s.published_at <= s.previous_at + interval '60 seconds'
) as star;
comment on view listening.mention_link is
    'What links a mention with another that we hold, whatever kind of link it is. One row per topic, pair and kind: to the one that it answers, quotes or reshares; to the first of its thread, of those who shared the same link, of its story; and to the one before, by another author, that passed on the same story or link within 60 seconds. Filter on topic.';
comment on column listening.mention_link.topic is 'topic';
comment on column listening.mention_link.mention_id is 'mention, the later of the two but for links that a platform tells of';
comment on column listening.mention_link.other_id is 'the other mention';
comment on column listening.mention_link.kind is 'reply, quote, reshare, thread, url, exact, near_duplicate or burst';
comment on column listening.mention_link.score is
    'of exact and near_duplicate: likeness to the nearest other of the story, 0 to 1; null: links of the kind have no degree';

-- --------------------------------------------------------------------------------------- coordination

create or replace view listening.co_sharing as
with shares as (
    -- each share with at most ten before it: enough to connect who acts together, however many they are
    select
        topic, source, kind, object, mention_id, published_at, author_key, breath,
        case kind
            when 'reshare' then count(*) over (in_time range between '60 seconds' preceding and current row)
            else count(*) over (in_time range between '10 seconds' preceding and current row)
        end as at_once,
        count(*) over (in_time range between '30 minutes' preceding and '30 minutes' following) as in_the_hour,
        array_agg(mention_id) over just_before as mentions,
        array_agg(author_key) over just_before as authors,
        array_agg(published_at) over just_before as times
    from listening.share
    cross join lateral (
        select case kind when 'reshare' then interval '60 seconds' else interval '10 seconds' end as breath
    ) as how_long
    where author_key is not null
    window
        object as (partition by topic, source, kind, object),
        in_time as (object order by published_at),
        just_before as (object order by published_at, mention_id rows between 10 preceding and 1 preceding)
),
paired as (
    select
        b.topic, b.source, b.kind || ' ' || b.object as object, b.published_at, b.published_at - a.published_at as apart,
        a.author_key < b.author_key as in_order, a.author_key as a, b.author_key as b, a.mention_id as of_a, b.mention_id as of_b
    from shares as b
    cross join lateral unnest(b.mentions, b.authors, b.times) as a (mention_id, author_key, published_at)
    where a.author_key <> b.author_key and a.published_at >= b.published_at - b.breath
        -- what everybody shares all the time is shared at the same time by chance
        and b.at_once > 5 * b.in_the_hour * extract(epoch from b.breath) / 3600
)
select
    p.topic,
    p.source,
    who.author_key,
    who.other_key,
    count(distinct p.object) as objects,
    array_agg(distinct p.object) as shared,
    array_agg(distinct who.author_mention) as author_mentions,
    array_agg(distinct who.other_mention) as other_mentions,
    percentile_cont(0.5) within group (order by extract(epoch from p.apart)::float8) as seconds_apart,
    min(p.published_at) as first_at,
    max(p.published_at) as last_at
from paired as p
cross join lateral (
    select p.a as author_key, p.b as other_key, p.of_a as author_mention, p.of_b as other_mention
    where p.in_order
    union all
    select p.b, p.a, p.of_b, p.of_a
    where not p.in_order
) as who
group by p.topic, p.source, who.author_key, who.other_key
having count(distinct p.object) >= 2 and count(distinct who.author_mention) >= 2 and count(distinct who.other_mention) >= 2;
comment on view listening.co_sharing is
    'Pairs of accounts of one source that passed on the same story or link within 10 seconds of each other, or reshared the same within 60, with at least two objects and in two mentions each. A share counts only where five times more came at once than the hour around it would have by chance, and with the ten before it: so a link that everybody shares makes no pairs. Accounts of two sources are not compared: those who cross-post would be taken for two. Filter on topic.';
comment on column listening.co_sharing.topic is 'topic';
comment on column listening.co_sharing.source is 'where both are, see dim_source';
comment on column listening.co_sharing.author_key is 'one account, by pseudonym: the smaller of the two';
comment on column listening.co_sharing.other_key is 'the other';
comment on column listening.co_sharing.objects is 'how many different objects they passed on together, 2 or more';
comment on column listening.co_sharing.shared is 'these objects: story and its id, link and its address, reshare and what is reshared';
comment on column listening.co_sharing.author_mentions is 'mentions of the one';
comment on column listening.co_sharing.other_mentions is 'mentions of the other';
comment on column listening.co_sharing.seconds_apart is 'median of the seconds between the two';
comment on column listening.co_sharing.first_at is 'when they did so first';
comment on column listening.co_sharing.last_at is 'when they did so last';

create or replace view listening.coordination as
select
    t.topic,
    g.source,
    g.group_id,
    count(distinct e.account) as accounts,
    array_agg(distinct e.account) filter (where e.account is not null) as author_keys,
    count(distinct e.object) as objects,
    array_agg(distinct e.object) filter (where e.object is not null) as shared,
    array_agg(distinct e.mention_id) filter (where e.mention_id is not null) as mentions,
    percentile_cont(0.5) within group (order by e.seconds_apart) as seconds_apart,
    min(g.first_at) as first_at,
    max(g.last_at) as last_at
from listening.dim_topic as t
cross join lateral (
    with recursive pairs as materialized (
        select c.* from listening.co_sharing as c where c.topic = t.topic
    ),
    reached (source, account, other) as (
        select source, author_key, author_key from pairs
        union
        select source, other_key, other_key from pairs
        union
        select r.source, r.account, case r.other when p.author_key then p.other_key else p.author_key end
        from reached as r
        join pairs as p on p.source = r.source and r.other in (p.author_key, p.other_key)
    ),
    grouped as (
        select source, account, min(other::text)::uuid as group_id from reached group by source, account
    )
    select p.*, g.group_id
    from pairs as p
    join grouped as g on g.source = p.source and g.account = p.author_key
) as g
cross join lateral (
    select unnest(array[g.author_key, g.other_key]) as account, null as object, null::uuid as mention_id, null::float8 as seconds_apart
    union all
    select null, unnest(g.shared), null, null
    union all
    select null, null, unnest(g.author_mentions || g.other_mentions), null
    union all
    select null, null, null, g.seconds_apart
) as e
group by t.topic, g.source, g.group_id;
comment on view listening.coordination is
    'Accounts that repeatedly pass on the same things at the same moment: one row per topic, source and group of pairs of listening.co_sharing that hang together, with the evidence. A signal, never a verdict: it finds paid campaigns, and it finds fans, newsrooms and automatic feeds. Look at the mentions before you say anything of anybody. Filter on topic.';
comment on column listening.coordination.topic is 'topic';
comment on column listening.coordination.source is 'where they are, see dim_source';
comment on column listening.coordination.group_id is 'the smallest of the pseudonyms in the group';
comment on column listening.coordination.accounts is 'how many accounts, 2 or more';
comment on column listening.coordination.author_keys is 'these accounts, by pseudonym';
comment on column listening.coordination.objects is 'how many different objects pairs of them passed on together';
comment on column listening.coordination.shared is 'these objects, as in listening.co_sharing';
comment on column listening.coordination.mentions is 'the mentions in which they did';
comment on column listening.coordination.seconds_apart is 'median over the pairs of the seconds between the two';
comment on column listening.coordination.first_at is 'when they did so first';
comment on column listening.coordination.last_at is 'when they did so last';
