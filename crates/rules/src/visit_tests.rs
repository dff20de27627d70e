//! What a visit counts, day by day, and on the days that are not like others.
