-- The tables of a Navidrome 0.63 database that a companion reads, with the columns it reads and those that
-- Navidrome's own code relies on. No full-text tables, triggers or secondary indexes.

CREATE TABLE property (
    id    varchar(255) PRIMARY KEY NOT NULL,
    value varchar(255) NOT NULL DEFAULT ''
);

CREATE TABLE library (
    id                    integer PRIMARY KEY AUTOINCREMENT,
    name                  text NOT NULL UNIQUE,
    path                  text NOT NULL UNIQUE,
    remote_path           text DEFAULT '',
    last_scan_at          datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
    last_scan_started_at  datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
    full_scan_in_progress boolean NOT NULL DEFAULT false,
    created_at            datetime NOT NULL DEFAULT current_timestamp,
    updated_at            datetime NOT NULL DEFAULT current_timestamp,
    total_songs           integer NOT NULL DEFAULT 0,
    total_albums          integer NOT NULL DEFAULT 0,
    total_artists         integer NOT NULL DEFAULT 0,
    total_folders         integer NOT NULL DEFAULT 0,
    total_files           integer NOT NULL DEFAULT 0,
    total_missing_files   integer NOT NULL DEFAULT 0,
    total_size            integer NOT NULL DEFAULT 0,
    total_duration        real DEFAULT 0,
    default_new_users     boolean DEFAULT false
);

CREATE TABLE user (
    id             varchar(255) PRIMARY KEY NOT NULL,
    user_name      varchar(255) NOT NULL DEFAULT '' UNIQUE,
    name           varchar(255) COLLATE NOCASE NOT NULL DEFAULT '',
    email          varchar(255) NOT NULL DEFAULT '',
    password       varchar(255) NOT NULL DEFAULT '',
    is_admin       bool NOT NULL DEFAULT false,
    last_login_at  datetime,
    last_access_at datetime,
    created_at     datetime NOT NULL,
    updated_at     datetime NOT NULL
);

CREATE TABLE user_library (
    user_id    varchar(255) NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    library_id integer NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, library_id)
);

CREATE TABLE user_props (
    user_id varchar NOT NULL REFERENCES user (id) ON UPDATE CASCADE ON DELETE CASCADE,
    key     varchar NOT NULL,
    value   varchar,
    PRIMARY KEY (user_id, key)
);

CREATE TABLE folder (
    id              varchar PRIMARY KEY NOT NULL,
    library_id      integer NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    path            varchar NOT NULL DEFAULT '',
    name            varchar NOT NULL DEFAULT '',
    parent_id       varchar NOT NULL DEFAULT '',
    missing         boolean NOT NULL DEFAULT false,
    num_audio_files integer NOT NULL DEFAULT 0,
    num_playlists   integer NOT NULL DEFAULT 0,
    image_files     jsonb NOT NULL DEFAULT '[]',
    hash            varchar NOT NULL DEFAULT '',
    created_at      datetime NOT NULL DEFAULT current_timestamp,
    updated_at      datetime NOT NULL DEFAULT current_timestamp
);

CREATE TABLE artist (
    id                varchar(255) PRIMARY KEY NOT NULL,
    name              varchar(255) NOT NULL DEFAULT '',
    order_artist_name varchar COLLATE NOCASE NOT NULL DEFAULT '',
    sort_artist_name  varchar COLLATE NOCASE NOT NULL DEFAULT '',
    mbz_artist_id     varchar NOT NULL DEFAULT '',
    missing           boolean NOT NULL DEFAULT false,
    similar_artists   jsonb NOT NULL DEFAULT '[]',
    average_rating    real NOT NULL DEFAULT 0,
    created_at        datetime NOT NULL DEFAULT current_time,
    updated_at        datetime NOT NULL DEFAULT current_time
);

CREATE TABLE album (
    id                      varchar(255) PRIMARY KEY NOT NULL,
    library_id              integer NOT NULL DEFAULT 1 REFERENCES library (id) ON DELETE CASCADE,
    name                    varchar(255) NOT NULL DEFAULT '',
    album_artist            varchar(255) NOT NULL DEFAULT '',
    album_artist_id         varchar(255) DEFAULT '',
    order_album_name        varchar COLLATE NOCASE NOT NULL DEFAULT '',
    order_album_artist_name varchar COLLATE NOCASE NOT NULL DEFAULT '',
    genre                   varchar(255) NOT NULL DEFAULT '',
    date                    varchar(255) NOT NULL DEFAULT '',
    min_year                int NOT NULL DEFAULT 0,
    max_year                integer NOT NULL DEFAULT 0,
    compilation             bool NOT NULL DEFAULT false,
    song_count              integer NOT NULL DEFAULT 0,
    duration                real NOT NULL DEFAULT 0,
    size                    integer NOT NULL DEFAULT 0,
    comment                 varchar NOT NULL DEFAULT '',
    mbz_album_id            varchar NOT NULL DEFAULT '',
    missing                 boolean NOT NULL DEFAULT false,
    tags                    jsonb NOT NULL DEFAULT '{}',
    participants            jsonb NOT NULL DEFAULT '{}',
    discs                   jsonb NOT NULL DEFAULT '{}',
    folder_ids              jsonb NOT NULL DEFAULT '[]',
    average_rating          real NOT NULL DEFAULT 0,
    imported_at             datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
    created_at              datetime,
    updated_at              datetime
);

CREATE TABLE media_file (
    id                      varchar(255) PRIMARY KEY NOT NULL,
    library_id              integer NOT NULL DEFAULT 1 REFERENCES library (id) ON DELETE CASCADE,
    folder_id               varchar NOT NULL DEFAULT '',
    pid                     varchar NOT NULL DEFAULT '',
    path                    varchar(255) NOT NULL DEFAULT '',
    missing                 boolean NOT NULL DEFAULT false,
    title                   varchar(255) NOT NULL DEFAULT '',
    album                   varchar(255) NOT NULL DEFAULT '',
    artist                  varchar(255) NOT NULL DEFAULT '',
    artist_id               varchar(255) NOT NULL DEFAULT '',
    album_artist            varchar(255) NOT NULL DEFAULT '',
    album_artist_id         varchar(255) DEFAULT '',
    album_id                varchar(255) NOT NULL DEFAULT '',
    order_title             varchar COLLATE NOCASE NOT NULL DEFAULT '',
    order_album_name        varchar COLLATE NOCASE NOT NULL DEFAULT '',
    order_artist_name       varchar COLLATE NOCASE NOT NULL DEFAULT '',
    order_album_artist_name varchar COLLATE NOCASE NOT NULL DEFAULT '',
    track_number            integer NOT NULL DEFAULT 0,
    disc_number             integer NOT NULL DEFAULT 0,
    disc_subtitle           varchar NOT NULL DEFAULT '',
    year                    integer NOT NULL DEFAULT 0,
    date                    varchar(255) NOT NULL DEFAULT '',
    genre                   varchar(255) NOT NULL DEFAULT '',
    comment                 varchar NOT NULL DEFAULT '',
    lyrics                  jsonb NOT NULL DEFAULT '[]',
    compilation             bool NOT NULL DEFAULT false,
    has_cover_art           bool NOT NULL DEFAULT false,
    bpm                     integer,
    size                    integer NOT NULL DEFAULT 0,
    suffix                  varchar(255) NOT NULL DEFAULT '',
    codec                   varchar(255) NOT NULL DEFAULT '',
    duration                real NOT NULL DEFAULT 0,
    bit_rate                integer NOT NULL DEFAULT 0,
    bit_depth               integer,
    sample_rate             integer NOT NULL DEFAULT 0,
    channels                integer NOT NULL DEFAULT 0,
    mbz_recording_id        varchar NOT NULL DEFAULT '',
    mbz_album_id            varchar NOT NULL DEFAULT '',
    mbz_artist_id           varchar NOT NULL DEFAULT '',
    tags                    jsonb NOT NULL DEFAULT '{}',
    participants            jsonb NOT NULL DEFAULT '{}',
    average_rating          real NOT NULL DEFAULT 0,
    birth_time              datetime NOT NULL DEFAULT current_timestamp,
    created_at              datetime,
    updated_at              datetime
);

CREATE TABLE media_file_artists (
    media_file_id varchar NOT NULL REFERENCES media_file (id) ON DELETE CASCADE,
    artist_id     varchar NOT NULL REFERENCES artist (id) ON DELETE CASCADE,
    role          varchar NOT NULL DEFAULT '',
    sub_role      varchar NOT NULL DEFAULT '',
    UNIQUE (artist_id, media_file_id, role, sub_role)
);

CREATE TABLE album_artists (
    album_id  varchar NOT NULL REFERENCES album (id) ON DELETE CASCADE,
    artist_id varchar NOT NULL REFERENCES artist (id) ON DELETE CASCADE,
    role      varchar NOT NULL DEFAULT '',
    sub_role  varchar NOT NULL DEFAULT '',
    UNIQUE (album_id, artist_id, role, sub_role)
);

CREATE TABLE library_artist (
    library_id integer NOT NULL DEFAULT 1 REFERENCES library (id) ON DELETE CASCADE,
    artist_id  varchar NOT NULL REFERENCES artist (id) ON DELETE CASCADE,
    stats      text DEFAULT '{}',
    UNIQUE (library_id, artist_id)
);

CREATE TABLE tag (
    id        varchar PRIMARY KEY NOT NULL,
    tag_name  varchar NOT NULL DEFAULT '',
    tag_value varchar NOT NULL DEFAULT '',
    UNIQUE (tag_name, tag_value)
);

CREATE TABLE library_tag (
    tag_id           varchar NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    library_id       integer NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    album_count      integer NOT NULL DEFAULT 0,
    media_file_count integer NOT NULL DEFAULT 0,
    PRIMARY KEY (tag_id, library_id)
);

CREATE TABLE annotation (
    user_id    varchar(255) NOT NULL REFERENCES user (id) ON UPDATE CASCADE ON DELETE CASCADE,
    item_id    varchar(255) NOT NULL DEFAULT '',
    item_type  varchar(255) NOT NULL DEFAULT '',
    play_count integer DEFAULT 0,
    play_date  datetime,
    rating     integer DEFAULT 0,
    rated_at   datetime,
    starred    bool NOT NULL DEFAULT false,
    starred_at datetime,
    UNIQUE (user_id, item_id, item_type)
);

CREATE TABLE scrobbles (
    media_file_id   varchar(255) NOT NULL REFERENCES media_file (id) ON UPDATE CASCADE ON DELETE CASCADE,
    user_id         varchar(255) NOT NULL REFERENCES user (id) ON UPDATE CASCADE ON DELETE CASCADE,
    submission_time integer NOT NULL
);

-- `string` is no SQLite type: such a column has numeric affinity. Navidrome declares it so.
CREATE TABLE playlist (
    id           varchar(255) PRIMARY KEY NOT NULL,
    owner_id     varchar(255) NOT NULL REFERENCES user (id) ON UPDATE CASCADE ON DELETE CASCADE,
    name         varchar(255) COLLATE NOCASE NOT NULL DEFAULT '',
    comment      varchar(255) NOT NULL DEFAULT '',
    public       bool NOT NULL DEFAULT false,
    song_count   integer NOT NULL DEFAULT 0,
    duration     real NOT NULL DEFAULT 0,
    size         integer NOT NULL DEFAULT 0,
    path         string NOT NULL DEFAULT '',
    sync         bool NOT NULL DEFAULT false,
    rules        varchar,
    evaluated_at datetime,
    created_at   datetime,
    updated_at   datetime
);

CREATE TABLE playlist_tracks (
    id            integer NOT NULL DEFAULT 0,
    playlist_id   varchar(255) NOT NULL REFERENCES playlist (id) ON UPDATE CASCADE ON DELETE CASCADE,
    media_file_id varchar(255) NOT NULL
);
CREATE UNIQUE INDEX playlist_tracks_pos ON playlist_tracks (playlist_id, id);

CREATE TABLE playlist_fields (
    field       varchar(255) NOT NULL,
    playlist_id varchar(255) NOT NULL REFERENCES playlist (id) ON UPDATE CASCADE ON DELETE CASCADE
);
