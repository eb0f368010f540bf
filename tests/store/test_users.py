"""Who may sign in is kept with the study, whatever becomes of it."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY
from masks import submit, tables
from sqlalchemy import text

from fetal_head.config import StoreSettings
from fetal_head.store.intake.scan import rebuild
from fetal_head.store.recovery.backup import backup, restore_backup
from fetal_head.store.sql.tables import Base
from fetal_head.store.store import Store
from fetal_head.store.study import StudyDatastore
from fetal_head.store.users import (
    NOBODY,
    add_user,
    find_user,
    fingerprint,
    is_password,
    remove_user,
    set_password,
    set_role,
    token_secret,
    users,
)

EMBEDDED = StoreSettings(database_url="embedded", lease_minutes=30, readers=1)
PASSWORD = "correct horse"


def _roles(store: Store) -> dict[str, str]:
    return {account.name: account.role for account in users(store)}


def test_users_come_change_and_go(study: StudyDatastore) -> None:
    store = study.store
    add_user(store, "ben", "reviewer", PASSWORD)
    add_user(store, "Ann B. 2", "user", "grün wie Gras")
    assert list(_roles(store).items()) == [("Ann B. 2", "user"), ("ben", "reviewer")]
    ben = find_user(store, "ben")
    assert ben
    assert PASSWORD not in ben.password
    assert is_password(ben, PASSWORD)
    assert not is_password(ben, "correct horsf")
    assert is_password(find_user(store, "Ann B. 2"), "gru\u0308n wie Gras"), "as another keyboard writes it"
    prints = [fingerprint(ben)]
    for change in (
        lambda: set_role(store, "ben", "admin"),
        lambda: set_password(store, "ben", "battery staple"),
        lambda: (remove_user(store, "ben"), add_user(store, "ben", "admin", "battery staple")),
    ):
        change()
        found = find_user(store, "ben")
        assert found
        prints.append(fingerprint(found))
    assert len(set(prints)) == len(prints), "each change is told by the fingerprint"
    assert is_password(found, "battery staple")
    assert not is_password(found, PASSWORD)
    remove_user(store, "ben")
    assert find_user(store, "ben") is None


def test_what_is_wrong_is_refused_and_changes_nothing(study: StudyDatastore) -> None:
    store = study.store
    add_user(store, "ann", "user", PASSWORD)
    before = tables(store)
    for sentence, wrong in (
        ("there is a user 'ann' already", lambda: add_user(store, "ann", "admin", PASSWORD)),
        ("the user name 'a/b' is not accepted", lambda: add_user(store, "a/b", "user", PASSWORD)),
        ("the user name 'a:b' is not accepted", lambda: add_user(store, "a:b", "user", PASSWORD)),
        ("there is no role 'boss'; there are user, annotator", lambda: add_user(store, "ben", "boss", PASSWORD)),
        ("at least 8 characters", lambda: add_user(store, "ben", "user", "1234567")),
        ("at least 8 characters", lambda: set_password(store, "ann", "")),
        ("at most 1024 characters", lambda: add_user(store, "ben", "user", "x" * 1025)),
        ("at most 1024 characters", lambda: set_password(store, "ann", "a" + "\u0301" * 1024)),
        ("the password holds half a character", lambda: set_password(store, "ann", "half of a \ud83d")),
        ("there is no user 'ben'", lambda: set_password(store, "ben", PASSWORD)),
        ("there is no user 'ben'", lambda: set_role(store, "ben", "user")),
        ("there is no role 'boss'", lambda: set_role(store, "ann", "boss")),
        ("there is no user 'ben'", lambda: remove_user(store, "ben")),
    ):
        with pytest.raises(ValueError, match=sentence):
            wrong()
    assert tables(store) == before
    for name in ("", "ben", "a\0b", "x" * 300):
        assert find_user(store, name) is None


def test_nobody_is_checked_like_somebody(study: StudyDatastore) -> None:
    add_user(study.store, "ann", "user", PASSWORD)
    ann = find_user(study.store, "ann")
    assert ann
    hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
    assert not hasher.check_needs_rehash(ann.password)
    assert not hasher.check_needs_rehash(NOBODY), "a name that nobody has must take as long"
    assert not is_password(None, PASSWORD)
    ann.password = "damaged"
    assert not is_password(ann, PASSWORD)


def test_what_can_be_nobodys_password_is_wrong_whatever_it_is_taken_for(study: StudyDatastore) -> None:
    add_user(study.store, "ann", "user", "x" * 1024)
    ann = find_user(study.store, "ann")
    assert ann
    assert is_password(ann, "x" * 1024)
    ann.password = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY).hash("x" * 1025)
    assert not is_password(ann, "x" * 1025), "it is refused for its length"
    assert not is_password(ann, "half of a \ud83d")


def test_users_outlive_a_rebuild_but_not_their_database(
    study: StudyDatastore, folder: Path, settings: StoreSettings, caplog: pytest.LogCaptureFixture
) -> None:
    submit(study, "a")
    add_user(study.store, "ann", "user", PASSWORD)
    secret = token_secret(study.store)
    rebuilt = rebuild(folder, settings)
    assert is_password(find_user(rebuilt, "ann"), PASSWORD)
    assert token_secret(rebuilt) == secret, "nobody has to sign in again"
    if settings.database_url != "embedded":
        return
    for store in (study.store, rebuilt):
        store.database.close()
    database = study.store.layout.database
    for end in ("-wal", "-shm"):
        Path(f"{database}{end}").unlink(missing_ok=True)
    database.write_bytes(b"rubbish " * 1000)
    with pytest.raises(ValueError, match="users have to be added again"):
        Store.open(folder, settings)
    with caplog.at_level(logging.WARNING):
        again = rebuild(folder, settings)
    assert "its users are lost, add them again" in caplog.text
    assert users(again) == []
    assert token_secret(again) != secret
    assert study.get_labeled_images() == ["a"]


def test_a_backup_has_the_users_and_is_nobody_elses_to_read(study: StudyDatastore, tmp_path: Path) -> None:
    add_user(study.store, "ann", "reviewer", PASSWORD)
    secret = token_secret(study.store)
    for _ in range(2):
        backup(study.store, tmp_path / "backup")
        file = tmp_path / "backup" / "tables.jsonl"
        assert file.stat().st_mode & 0o077 == 0
        assert secret not in file.read_text(), "with it anybody could sign tokens for the server that runs"
    restored = restore_backup(tmp_path / "backup", tmp_path / "again", EMBEDDED)
    assert _roles(restored) == {"ann": "reviewer"}
    assert is_password(find_user(restored, "ann"), PASSWORD)
    assert token_secret(restored) != secret
    assert restored.layout.hidden.stat().st_mode & 0o007 == 0
    names = {json.loads(line)[0] for line in file.read_text().splitlines()[1:]}
    assert {"users", "images"} <= names


def test_a_database_of_the_first_version_gets_the_tables(study: StudyDatastore, folder: Path, settings: StoreSettings) -> None:
    submit(study, "a")
    before = tables(study.store)
    with study.store.database.writing() as session:
        for table in ("users", "scores", "efforts", "instances"):
            session.execute(text(f"DROP TABLE {table}"))
        for index in ("images_by_change", "submissions_by_time"):
            session.execute(text(f"DROP INDEX {index}"))
        for column in ("changed", "picture", "told_of", "file_patient", "ctime_ns"):
            session.execute(text(f"ALTER TABLE images DROP COLUMN {column}"))
        session.execute(text("ALTER TABLE submissions DROP COLUMN picture"))
        session.execute(text("CREATE INDEX images_by_lot ON images (lot)"))
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        session.commit()
    study.store.database.close()
    again = Store.open(folder, settings)
    # of which picture a mask is was not written down then
    unknown = {"picture": None}
    assert tables(again) == {
        name: [row | unknown if row.keys() & unknown else row for row in rows] for name, rows in before.items()
    }
    add_user(again, "ann", "user", PASSWORD)
    assert _roles(again) == {"ann": "user"}


def test_the_migrations_make_the_tables_that_the_program_uses(study: StudyDatastore) -> None:
    with study.store.reading() as session:
        # types are not compared: each database has its own names for them
        found = MigrationContext.configure(session.connection(), opts={"compare_type": False})
        assert compare_metadata(found, Base.metadata) == []
