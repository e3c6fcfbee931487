-- Whether what a measure says of a source has shifted, week by week.
-- Idempotent: run after every migration, after functions.sql.

create or replace view listening.drift as
select
    d.topic,
    d.measure,
    d.source,
    d.week,
    d.what,
    d.state,
    d.label,
    d.share,
    d.reference_share,
    d.n,
    d.reference_n,
    d.reference_weeks,
    d.distance,
    d.dispersion,
    d.p,
    d.q,
    d.scorer,
    d.version,
    d.reference_version,
    coalesce((d.week + 7)::timestamp at time zone t.timezone <= (
        select max(c.until) from ops.coverage as c where c.topic = d.topic and c.state <> 'recheck'
    ), false) as complete
from ops.drift as d
join listening.dim_topic as t on t.topic = d.topic;
comment on view listening.drift is
    'What each measure says of a source in a week, held against the 8 weeks before by the same scorer and version. Authors count at most one a week, and so do stories.';
comment on column listening.drift.topic is 'topic';
comment on column listening.drift.measure is 'what is measured';
comment on column listening.drift.source is 'source, see dim_source';
comment on column listening.drift.week is 'Monday of the week, in the topic''s time zone';
comment on column listening.drift.what is 'values: what was judged; abstention: how much was not';
comment on column listening.drift.state is
    'warning: it moved beyond chance, beyond the usual unrest, and far; steady; version_changed: the weeks before were judged by another version; too_few: no verdict';
comment on column listening.drift.label is 'the label that moved most; null: values are numbers';
comment on column listening.drift.share is 'its share of the votes of the week, 0 to 1; of numbers the mean; null: none';
comment on column listening.drift.reference_share is 'the same in the weeks before; null: none';
comment on column listening.drift.n is 'votes in the week';
comment on column listening.drift.reference_n is 'votes in the weeks before';
comment on column listening.drift.reference_weeks is 'weeks among them with any vote';
comment on column listening.drift.distance is
    'Jensen-Shannon distance of the week from the weeks before, 0 to 1; null: nothing to compare';
comment on column listening.drift.dispersion is
    'how many times more than by chance the weeks before differ among themselves, at least 1; null: no verdict';
comment on column listening.drift.p is 'how often chance and that unrest alone bring so great a difference; null: no verdict';
comment on column listening.drift.q is
    'p after Benjamini and Hochberg, over all that was looked at in the topic''s week; null: no verdict';
comment on column listening.drift.scorer is 'who measured';
comment on column listening.drift.version is 'version of the scorer and its model';
comment on column listening.drift.reference_version is 'scorer and version that judged the weeks before; null: there are none';
comment on column listening.drift.complete is 'whether the week was over at the end of the latest slice; else it may yet change';
