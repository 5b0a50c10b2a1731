//! Stylesheet, scripts, fonts and pictures: packed by `build.rs`, served under names that change with the content.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// One file that the server sends to browsers.
#[derive(Debug)]
pub struct Asset {
    /// What pages ask for: `app.css`, `js/app.js`, `inter-latin.woff2`.
    pub name: &'static str,
    /// What it is served under, after `/assets/`; holds a hash, so it may be kept for ever.
    pub path: &'static str,
    pub content_type: &'static str,
    pub etag: &'static str,
    pub bytes: &'static [u8],
    /// The same bytes compressed; fonts and PNG pictures have none.
    pub brotli: Option<&'static [u8]>,
}

/// Every packed file.
pub static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The address of a file by its plain name: `asset_url("app.css")`. A test walks the sources for names that do not exist.
pub fn asset_url(name: &str) -> String {
    let path = ASSETS.iter().find(|asset| asset.name == name).map_or(name, |asset| asset.path);
    format!("/assets/{path}")
}

/// The file served under a path (without `/assets/`).
pub fn asset_at(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

/// The addresses of the modules that `app.js` imports, so that a page can ask for them at once instead of one after
/// the other. Modules that few pages need are not among them: `lazy.js` loads those.
pub fn module_urls() -> &'static [String] {
    static URLS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let entry = ASSETS.iter().find(|asset| asset.name == "js/app.js").map_or(&[][..], |asset| asset.bytes);
        let entry = String::from_utf8_lossy(entry);
        let is_imported = |asset: &&Asset| {
            asset.name.strip_prefix("js/").is_some_and(|file| entry.contains(&format!("\"./{file}\"")))
        };
        ASSETS.iter().filter(is_imported).map(|asset| format!("/assets/{}", asset.path)).collect()
    });
    &URLS
}

/// `GET /assets/{*path}`
pub fn routes<State: Clone + Send + Sync + 'static>() -> Router<State> {
    Router::new().route("/assets/{*path}", get(serve))
}

async fn serve(Path(path): Path<String>, request: HeaderMap) -> Response {
    let Some(asset) = asset_at(&path) else { return StatusCode::NOT_FOUND.into_response() };
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(ETAG, HeaderValue::from_static(asset.etag));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if request.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == asset.etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    match asset.brotli {
        Some(brotli) if accepts_brotli(&request) => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
            (headers, brotli).into_response()
        }
        _ => (headers, asset.bytes).into_response(),
    }
}

fn accepts_brotli(request: &HeaderMap) -> bool {
    let Some(accepted) = request.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) else { return false };
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("br") && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn answer(path: &str, header: (&str, &str)) -> Response {
        let request = Request::get(path).header(header.0, header.1).body(Body::empty()).unwrap();
        routes::<()>().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_browser_that_reads_brotli_gets_it() {
        let response = answer(&asset_url("app.css"), ("accept-encoding", "gzip, br")).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_ENCODING], "br");
        assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }

    #[tokio::test]
    async fn any_other_browser_gets_plain_bytes() {
        let response = answer(&asset_url("app.css"), ("accept-encoding", "gzip, br;q=0")).await;
        assert!(!response.headers().contains_key(CONTENT_ENCODING));
        assert_eq!(response.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
    }

    #[tokio::test]
    async fn a_known_version_is_not_sent_again() {
        let etag = ASSETS.iter().find(|asset| asset.name == "app.css").unwrap().etag;
        let response = answer(&asset_url("app.css"), ("if-none-match", etag)).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
    }

    #[tokio::test]
    async fn what_is_not_packed_is_not_found() {
        for path in ["/assets/app.css", "/assets/../Cargo.toml", "/assets/%2e%2e/Cargo.toml"] {
            assert_eq!(answer(path, ("accept", "*/*")).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn the_stylesheet_asks_only_for_files_that_are_packed() {
        let style = ASSETS.iter().find(|asset| asset.name == "app.css").unwrap();
        let style = std::str::from_utf8(style.bytes).unwrap();
        let addresses: Vec<&str> = style.split("url(\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(!addresses.is_empty());
        for address in addresses {
            assert!(asset_at(address.strip_prefix("/assets/").unwrap()).is_some(), "{address}");
        }
    }

    #[test]
    fn every_page_stays_within_its_budget() {
        let size = |asset: &Asset| asset.brotli.map_or(asset.bytes.len(), <[u8]>::len);
        let style: usize = ASSETS.iter().filter(|asset| asset.name == "app.css").map(size).sum();
        let is_on_every_page =
            |asset: &&Asset| asset.name == "vendor.js" || module_urls().contains(&asset_url(asset.name));
        let script: usize = ASSETS.iter().filter(is_on_every_page).map(size).sum();
        assert!(style <= 30_000, "{style} bytes of CSS");
        assert!(script <= 40_000, "{script} bytes of JavaScript");
    }

    #[test]
    fn every_module_that_the_entry_imports_is_packed() {
        let entry = ASSETS.iter().find(|asset| asset.name == "js/app.js").unwrap();
        let imports = std::str::from_utf8(entry.bytes).unwrap().matches("import \"./").count();
        assert_eq!(module_urls().len(), imports);
    }
}
