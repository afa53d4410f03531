//! Where caches lie.

use crate::config::Environment;
use std::path::{Path, PathBuf};

/// The name of the tool's own folder among the caches of other programs.
const OWN: &str = "migrate";

/// The user's cache folder for this tool: `MIGRATE_CACHE_DIR` (relative to the working folder), else `migrate` in
/// `XDG_CACHE_HOME`, in `LOCALAPPDATA` on Windows, or in `.cache` of the home folder. `None` = there is no such place, and
/// nothing is cached. The folder need not exist. A relative `XDG_CACHE_HOME` is not looked at, as its specification says.
pub(crate) fn cache_folder(environment: &Environment, working_folder: &Path) -> Option<PathBuf> {
    if let Some(named) = environment.filled("MIGRATE_CACHE_DIR") {
        return Some(working_folder.join(named));
    }
    let absolute = |name: &str| environment.filled(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let windows = || if cfg!(windows) { absolute("LOCALAPPDATA") } else { None };
    let home = || absolute("HOME").map(|home| home.join(".cache"));
    let caches = absolute("XDG_CACHE_HOME").or_else(windows).or_else(home);
    caches.map(|caches| caches.join(OWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_first_that_is_set_counts() {
        let folder = |variables: &[(&str, &str)]| {
            let mut all = [("A", ""); 3];
            all.iter_mut().zip(variables).for_each(|(place, variable)| *place = *variable);
            cache_folder(&Environment::from(all), Path::new("/work"))
        };
        let path = |text: &str| Some(PathBuf::from(text));
        let (own, xdg, home) = (("MIGRATE_CACHE_DIR", "/c"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h"));
        assert_eq!(folder(&[own, xdg, home]), path("/c"));
        assert_eq!(folder(&[("MIGRATE_CACHE_DIR", "c")]), path("/work/c"));
        assert_eq!(folder(&[("MIGRATE_CACHE_DIR", ""), xdg, home]), path("/x/migrate"));
        assert_eq!(folder(&[("XDG_CACHE_HOME", "relative"), home]), path("/h/.cache/migrate"));
        assert_eq!(folder(&[("LOCALAPPDATA", "/l")]), None);
        assert_eq!(folder(&[("HOME", "")]), None);
    }
}
