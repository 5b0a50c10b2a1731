//! All SQL of signing in with an identity provider.

use db::{DbError, FromValue, ToValue, Tx, ValueRef, sql};
use words::{EmailAddress, Timestamp, UserId, WorkspaceId};

use crate::workspaces::secrets::Digest;
use crate::workspaces::single_sign_on::{Aim, Attempt, Link};

pub(in crate::workspaces) fn insert_attempt(
    tx: &mut Tx,
    state: &Digest,
    browser: &Digest,
    attempt: &Attempt,
) -> Result<(), DbError> {
    let (session, user) = (attempt.session.map(|(session, _)| session), attempt.session.map(|(_, user)| user));
    tx.execute(
        sql("INSERT INTO sso_attempts (state_digest, browser_digest, aim, session_id, user_id, next, created_at,
                                       expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
        &[state, browser, &attempt.aim, &session, &user, &attempt.next, &attempt.created_at, &attempt.expires_at],
    )?;
    Ok(())
}

/// The attempt of this state, if this browser began it and its time is not over.
pub(in crate::workspaces) fn attempt(
    tx: &mut Tx,
    state: &Digest,
    browser: &Digest,
    now: Timestamp,
) -> Result<Option<Attempt>, DbError> {
    tx.query_opt(
        sql("SELECT aim, session_id, user_id, next, created_at, expires_at FROM sso_attempts
             WHERE state_digest = $1 AND browser_digest = $2 AND expires_at > $3"),
        &[state, browser, &now],
        |row| {
            Ok(Attempt {
                aim: row.get(0)?,
                session: row.get::<Option<_>>(1)?.zip(row.get(2)?),
                next: row.get(3)?,
                created_at: row.get(4)?,
                expires_at: row.get(5)?,
            })
        },
    )
}

/// Whether it was still there.
pub(in crate::workspaces) fn delete_attempt(tx: &mut Tx, state: &Digest) -> Result<bool, DbError> {
    Ok(tx.execute(sql("DELETE FROM sso_attempts WHERE state_digest = $1"), &[state])? == 1)
}

pub(in crate::workspaces) fn delete_old_attempts(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM sso_attempts WHERE expires_at <= $1"), &[&now])?;
    Ok(())
}

/// Whose account of the provider this is.
pub(in crate::workspaces) fn user_of(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<UserId>, DbError> {
    tx.query_opt(sql("SELECT user_id FROM sso_links WHERE issuer = $1 AND subject = $2"), &[&issuer, &subject], |row| {
        row.get(0)
    })
}

/// The account of this provider that belongs to a user.
pub(in crate::workspaces) fn link_of(tx: &mut Tx, user: UserId, issuer: &str) -> Result<Option<Link>, DbError> {
    tx.query_opt(sql("SELECT linked_at FROM sso_links WHERE user_id = $1 AND issuer = $2"), &[&user, &issuer], |row| {
        Ok(Link { linked_at: row.get(0)? })
    })
}

/// Whether neither of both was linked yet, and now both are.
pub(in crate::workspaces) fn insert_link(
    tx: &mut Tx,
    user: UserId,
    issuer: &str,
    subject: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let inserted = tx.execute(
        sql("INSERT INTO sso_links (issuer, subject, user_id, linked_at)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING"),
        &[&issuer, &subject, &user, &now],
    )?;
    Ok(inserted == 1)
}

/// Whether there was one.
pub(in crate::workspaces) fn delete_link(tx: &mut Tx, user: UserId, issuer: &str) -> Result<bool, DbError> {
    let deleted = tx.execute(sql("DELETE FROM sso_links WHERE user_id = $1 AND issuer = $2"), &[&user, &issuer])?;
    Ok(deleted > 0)
}

/// The newest invitation of an address that still waits for an answer, as its digest.
pub(in crate::workspaces) fn invitation_of(
    tx: &mut Tx,
    email: &EmailAddress,
    now: Timestamp,
) -> Result<Option<Digest>, DbError> {
    tx.query_opt(
        sql("SELECT token_digest FROM one_time_tokens
             WHERE email = $1 AND purpose = 'join' AND used_at IS NULL AND expires_at > $2
             ORDER BY created_at DESC, id
             LIMIT 1"),
        &[email, &now],
        |row| row.get(0),
    )
}

/// The oldest workspace that knows this user, even if he may not sign in there any more.
pub(in crate::workspaces) fn workspace_that_knows(tx: &mut Tx, user: UserId) -> Result<Option<WorkspaceId>, DbError> {
    tx.query_opt(
        sql("SELECT workspace_id FROM members WHERE user_id = $1 ORDER BY created_at, workspace_id LIMIT 1"),
        &[&user],
        |row| row.get(0),
    )
}

impl ToValue for Aim {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Text(self.code())
    }
}

impl FromValue for Aim {
    const WANTED: &'static str = "an aim";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Text(code) = value else { return None };
        Self::ALL.into_iter().find(|aim| aim.code() == code)
    }
}
