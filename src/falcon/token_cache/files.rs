//! The files of a token cache. They are ours alone, or they are not touched.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use rustix::fs::{Access, OFlags, access};
use rustix::io::Errno;
use rustix::process::geteuid;
use serde::{Deserialize, Serialize};

use super::super::cloud::BaseUrl;
use super::super::login::Login;
use super::super::token::{Life, Token};
use super::lock::Lock;
use super::seal::Seal;

/// The longest file that is read, in bytes: a token of the greatest length, with all of its characters escaped.
const LONGEST_FILE: u64 = 256_000;

/// No later time is one, in seconds from 1970: dates end with the year 9999, and tokens soon after.
const LATEST: u64 = 254_000_000_000;

const CANNOT_BE_MADE: &str = "it is not there and cannot be made; make it, with mode 0700";

/// What others may not do with our files.
const ANYTHING_OF_OTHERS: u32 = 0o077;

/// The files of one login.
#[derive(Debug)]
pub(super) struct Files {
    directory: PathBuf,
    seal: Seal,
    /// Where Falcon is, unless a token says otherwise.
    configured: BaseUrl,
}

/// A token as it is kept; times are in seconds from 1970.
#[derive(Serialize, Deserialize)]
struct Kept {
    access_token: String,
    /// The cloud that Falcon named.
    cloud: Option<String>,
    /// When it was given and when it ends, by Falcon's clock.
    given: u64,
    ends: u64,
    /// What ours showed when it was given.
    here: u64,
}

impl Files {
    /// Where this directory keeps the token of this login.
    pub(super) fn of(directory: &Path, login: &Login) -> Option<Files> {
        // A slash at the end would have a link followed.
        let directory = directory.components().collect();
        Some(Files { directory, seal: Seal::of(login).ok()?, configured: login.base_url.clone() })
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The token that is kept; nothing where none is, or where it is not whole.
    pub(super) fn read(&self) -> Result<Option<Token>> {
        if !self.is_there()? {
            return Ok(None);
        }
        let Some(file) = self.open("token", OpenOptions::new().read(true))? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(LONGEST_FILE).read_to_end(&mut bytes).context("the token in it cannot be read")?;
        let kept = self.seal.open(&mut bytes).and_then(|text| serde_json::from_slice(text).ok());
        Ok(kept.and_then(|kept: Kept| kept.token(&self.configured)))
    }

    /// Keeps a token, whole or not at all; tells whether it did. It does not where somebody has taken the directory away.
    pub(super) fn write(&self, token: &Token) -> Result<bool> {
        if !self.is_there()? {
            return Ok(false);
        }
        self.rename_into_place(token).context("the token cannot be written to it")?;
        Ok(true)
    }

    fn rename_into_place(&self, token: &Token) -> Result<()> {
        let kept = Kept::of(token).context("it has a character or a time that no file takes")?;
        let sealed = self.seal.close(serde_json::to_vec(&kept)?).context("it cannot be sealed")?;
        let new = self.path(&format!("{}.new", Seal::new_name().context("the system gives no random numbers")?));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        let written = file.write_all(&sealed).and_then(|()| fs::rename(&new, self.path("token")));
        written.inspect_err(|_| {
            let _ = fs::remove_file(&new);
        })?;
        Ok(())
    }

    /// Takes away a token that Falcon has refused, so that no other job begins with it. Only whoever fetches another one does that.
    pub(super) fn remove(&self, refused: &Token) -> Result<()> {
        if self.read()?.is_some_and(|kept| kept.authorization == refused.authorization) {
            fs::remove_file(self.path("token")).context("the token in it, which Falcon refuses, cannot be removed")?;
        }
        Ok(())
    }

    /// The lock of whoever fetches a token. The directory is made, where there is none.
    pub(super) fn open_lock(&self) -> Result<Lock> {
        if !self.is_there()? {
            let made = DirBuilder::new().mode(0o700).create(&self.directory);
            let made = made.or_else(|error| if error.kind() == ErrorKind::AlreadyExists { Ok(()) } else { Err(error) });
            made.context(CANNOT_BE_MADE)?;
            self.is_there()?;
        }
        let mut options = OpenOptions::new();
        let lock = self.open("lock", options.read(true).write(true).create(true).mode(0o600))?;
        lock.map(Lock).context("its files cannot be made")
    }

    /// Makes sure that tokens can be kept, without making anything.
    pub(super) fn examine(&self) -> Result<()> {
        let is_there = self.is_there()?;
        let writable = if is_there { Some(self.directory.as_path()) } else { self.directory.parent() };
        let can_write = |directory| access(directory, Access::WRITE_OK | Access::EXEC_OK).is_ok();
        ensure!(
            writable.is_some_and(can_write),
            "{}",
            if is_there { "it cannot be written to" } else { CANNOT_BE_MADE }
        );
        for kind in ["lock", "token"].into_iter().filter(|_| is_there) {
            self.open(kind, OpenOptions::new().read(true))?;
        }
        Ok(())
    }

    /// Whether the directory is there.
    ///
    /// # Errors
    /// Says why it is not to be trusted.
    fn is_there(&self) -> Result<bool> {
        ensure!(self.directory.is_absolute(), "its path does not begin with a slash; give the whole path");
        let metadata = match fs::symlink_metadata(&self.directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            metadata => metadata.context("it cannot be looked at")?,
        };
        ensure!(!metadata.is_symlink(), "it is a link; name the directory itself");
        ensure!(metadata.is_dir(), "it is no directory; name one");
        ours_alone("it", 0o700, &metadata)?;
        Ok(true)
    }

    /// One of the login's files; nothing where there is none. No link is followed, and no pipe waited for.
    fn open(&self, kind: &str, options: &mut OpenOptions) -> Result<Option<File>> {
        let path = self.path(kind);
        let name = || format!("{} in it", path.file_name().unwrap_or_default().display());
        let no_link = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        let file = match options.custom_flags(no_link.cast_signed()).open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
                bail!("{} is a link; remove it", name())
            }
            file => file.with_context(|| format!("{} cannot be opened", name()))?,
        };
        let metadata = file.metadata().with_context(|| format!("{} cannot be looked at", name()))?;
        ensure!(metadata.is_file(), "{} is no file; remove it", name());
        ours_alone(&name(), 0o600, &metadata)?;
        Ok(Some(file))
    }

    fn path(&self, kind: &str) -> PathBuf {
        self.directory.join(format!("{}.{kind}", self.seal.name()))
    }
}

/// Makes sure that this belongs to whom we run as, and that nobody else may do anything with it.
fn ours_alone(what: &str, wanted: u32, metadata: &Metadata) -> Result<()> {
    let (owner, us, mode) = (metadata.uid(), geteuid().as_raw(), metadata.mode() & 0o7777);
    ensure!(
        owner == us,
        "{what} belongs to the user {owner}, and this responder runs as the user {us}; give it to that user"
    );
    ensure!(mode & ANYTHING_OF_OTHERS == 0, "{what} is open to others (mode {mode:04o}); set its mode to {wanted:04o}");
    Ok(())
}

impl Kept {
    fn of(token: &Token) -> Option<Kept> {
        let Token { authorization: _, base_url, life, is_kept: _ } = token;
        let seconds = |time: SystemTime| Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs());
        Some(Kept {
            access_token: token.bearer()?.to_owned(),
            cloud: base_url.cloud().map(str::to_owned),
            given: seconds(life.given)?,
            ends: seconds(life.ends)?,
            here: seconds(life.here)?,
        })
    }

    fn token(self, configured: &BaseUrl) -> Option<Token> {
        let time = |seconds| (seconds <= LATEST).then(|| UNIX_EPOCH + Duration::from_secs(seconds));
        let cloud = self.cloud.as_deref().and_then(BaseUrl::of_cloud);
        Some(Token {
            authorization: Token::authorization(&self.access_token)?,
            base_url: cloud.filter(|cloud| cloud != configured).unwrap_or_else(|| configured.clone()),
            life: Life { given: time(self.given)?, ends: time(self.ends)?, here: time(self.here)? },
            is_kept: true,
        })
    }
}
