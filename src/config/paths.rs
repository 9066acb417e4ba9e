//! Paths in a config: `${VAR}` and `${VAR:-default}`, relative to the config file.

use std::path::{Component, Path, PathBuf};

use super::places::is_remote;

/// Puts environment variables into a path and sets it beside the config file.
///
/// `${VAR}` must be set and not empty; `${VAR:-default}` stands for the default where it is not.
///
/// # Errors
/// One sentence: which variable is not set, or which `${` is not closed.
pub fn resolve(text: &str, folder: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<PathBuf, String> {
    if text.trim().is_empty() {
        return Err("the path is empty; name a file".to_owned());
    }
    if text.contains('\0') {
        return Err("the path holds a NUL character; remove it".to_owned());
    }
    let mut path = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        path.push_str(before);
        let Some((inside, tail)) = after.split_once('}') else {
            return Err(format!("\"{text}\" opens ${{ and does not close it; write ${{VAR}} or ${{VAR:-default}}"));
        };
        let (name, default) = inside.split_once(":-").map_or((inside, None), |(name, default)| (name, Some(default)));
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(format!("\"{text}\" has no variable name in ${{{inside}}}; write ${{VAR}} or ${{VAR:-default}}"));
        }
        match (environment(name).filter(|value| !value.is_empty()), default) {
            (Some(value), _) => path.push_str(&value),
            (None, Some(default)) => path.push_str(default),
            (None, None) => {
                return Err(format!(
                    "environment variable {name} in \"{text}\" is not set; set it, or give a default with ${{{name}:-folder}}"
                ));
            }
        }
        rest = tail;
    }
    path.push_str(rest);
    // An object's name is no path of this system: it is whole, and its slashes are its own.
    if is_remote(Path::new(&path)) {
        return Ok(PathBuf::from(path));
    }
    Ok(tidy(&folder.join(path)))
}

/// The path without `folder/..`, as a person would write it: `config/../data` is `data`. A folder that is a symbolic link keeps its `..`,
/// which leads elsewhere there.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(tidied.components().next_back(), Some(Component::Normal(_))) && !tidied.is_symlink() => {
                tidied.pop();
            }
            part => tidied.push(part),
        }
    }
    if tidied.as_os_str().is_empty() { PathBuf::from(".") } else { tidied }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<String, String> {
        let environment = |name: &str| match name {
            "ONS_DATA" => Some("/srv/ons".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        resolve(text, Path::new("config"), &environment).map(|path| path.display().to_string())
    }

    #[test]
    fn variables_and_defaults() {
        assert_eq!(resolved("${ONS_DATA}/pct.zip"), Ok("/srv/ons/pct.zip".to_owned()));
        assert_eq!(resolved("${ONS_DATA:-../data}/pct.zip"), Ok("/srv/ons/pct.zip".to_owned()));
        assert_eq!(resolved("${NOT_SET:-../data}/pct.zip"), Ok("data/pct.zip".to_owned()));
        assert_eq!(resolved("${EMPTY:-x}/a.zip/b.shp"), Ok("config/x/a.zip/b.shp".to_owned()));
        assert!(resolved("${EMPTY}/x").is_err_and(|message| message.contains("EMPTY") && message.contains("not set")));
        assert!(resolved("${ONS_DATA/x").is_err_and(|message| message.contains("close")));
        assert!(resolved("${}/x").is_err());
        assert!(resolved(" ").is_err());
    }
}
