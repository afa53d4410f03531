//! A user's project in a temporary folder, and the program run in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{Fresh, binary};

/// A folder with a project; removed on drop. The program runs in it with a clean environment, a cache and a home of its
/// own, and no terminal.
pub(crate) struct Project {
    /// Holds `project`, `cache` and `home`.
    folder: TempDir,
}

impl Project {
    /// A project without a configuration, models or revisions.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("project-").tempdir().expect("a temporary folder");
        for name in ["project", "cache", "home"] {
            std::fs::create_dir(folder.path().join(name)).expect("a new folder");
        }
        Self { folder }
    }

    /// A project with empty `models/` and `versions/`, whose `migrate.yaml` names this database.
    pub(crate) fn on(database: &Fresh) -> Self {
        let project = Self::empty();
        project.write("migrate.yaml", format!("database: {{ url: \"{}\" }}\n", database.url()));
        for name in ["models", "versions"] {
            std::fs::create_dir(project.path(name)).expect("a new folder");
        }
        project
    }

    /// The path of a file of the project; an empty name gives the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("project").join(name)
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a file in the project")).expect("folders of the project");
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        self
    }

    /// The text of a file.
    pub(crate) fn read(&self, name: &str) -> String {
        let path = self.path(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
    }

    /// The names in a folder of the project, sorted; none where the folder is not there.
    pub(crate) fn list(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path(folder)) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in UTF-8")).collect();
        names.sort();
        names
    }

    /// The one file in `versions/` whose name contains this; its name in the project.
    pub(crate) fn revision(&self, part: &str) -> String {
        let found: Vec<_> = self.list("versions").into_iter().filter(|name| name.contains(part)).collect();
        assert_eq!(found.len(), 1, "files in versions/ with {part:?} in their name: {found:?}");
        format!("versions/{}", found[0])
    }

    /// The folder that the program uses as its cache.
    pub(crate) fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// The program, ready to run in the project: nothing inherited but the path of programs.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command
            .current_dir(self.path(""))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path().join("home"))
            .env("TMPDIR", std::env::temp_dir())
            .env("LANG", "C.UTF-8")
            .env("MIGRATE_CACHE_DIR", self.cache())
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Output {
        self.run_with(arguments, |_| {})
    }

    /// Runs the program with something changed before: an environment variable, another working folder.
    pub(crate) fn run_with<S: AsRef<str>>(&self, arguments: &[S], prepare: impl FnOnce(&mut Command)) -> Output {
        let mut command = self.command();
        command.args(arguments.iter().map(AsRef::as_ref));
        prepare(&mut command);
        let words: Vec<_> = arguments.iter().map(AsRef::as_ref).collect();
        Output::of(&words.join(" "), command.output().expect("the program starts"))
    }
}

/// What a run of the program gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// The arguments, for messages.
    pub(crate) arguments: String,
    /// The exit code; 128 + the signal that ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Output {
    /// From a run that has ended; used with [`Project::command`] where a test needs the process itself.
    pub(crate) fn of(arguments: &str, output: std::process::Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let code = output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or_default());
        let text = |bytes| String::from_utf8(bytes).expect("output in UTF-8");
        Self { arguments: arguments.to_owned(), code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Asserts the exit code; shows everything when it is another one.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "the exit code of\n{self}");
        self
    }

    /// Asserts success.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.exits(0)
    }

    /// Asserts that standard error contains this.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} on standard error of\n{self}");
        self
    }

    /// Asserts that standard output contains this.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no {text:?} on standard output of\n{self}");
        self
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { arguments, code, stdout, stderr } = self;
        write!(f, "$ migrate {arguments}\nexit code {code}\n--- stdout\n{stdout}--- stderr\n{stderr}---")
    }
}

/// Is this a path under the folder of temporary files?
fn is_temporary(path: &Path) -> bool {
    path.starts_with(std::env::temp_dir())
}

#[test]
fn a_project_is_a_folder_of_its_own_and_goes_away() {
    let (first, second) = (Project::empty(), Project::empty());
    first.write("models/shop.yaml", "tables: {}\n");
    assert_eq!(first.read("models/shop.yaml"), "tables: {}\n");
    assert_eq!((first.list("models"), second.list("models")), (vec!["shop.yaml".to_owned()], vec![]));
    let path = first.path("");
    assert!(is_temporary(&path) && path.is_dir());
    drop(first);
    assert!(!path.exists());
}

#[test]
fn the_program_inherits_nothing_but_the_path() {
    let project = Project::empty();
    let names: Vec<_> =
        project.command().get_envs().map(|(name, _)| name.to_str().expect("a name in UTF-8").to_owned()).collect();
    assert_eq!(names, ["HOME", "LANG", "MIGRATE_CACHE_DIR", "PATH", "RUST_BACKTRACE", "TMPDIR"]);
    assert_eq!(project.run(&["--version"]).ok().code, 0);
}

#[test]
fn a_signal_is_an_exit_code_too() {
    let killed = Command::new("sh").args(["-c", "echo out; echo err >&2; kill -9 $$"]).output().expect("sh starts");
    let output = Output::of("", killed).exits(137).says("err").prints("out");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("out\n", "err\n"));
}
