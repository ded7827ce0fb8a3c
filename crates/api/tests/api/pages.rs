//! Pages for people: what they are served with, and what they ask for.

use crate::fixture::{Answer, Api, request};
use axum::http::{HeaderValue, Method, header};

const SCRIPTS: [&str; 3] = ["/explorer.js", "/explorer-parts.js", "/explorer-sections.js"];

async fn ok(api: &Api, path: &str) -> Answer {
    let answer = api.get(path).await;
    assert_eq!(answer.status, 200, "{path}");
    answer
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere() {
    let api = Api::new();
    for path in ["/", "/v1/docs", "/docs", "/explorer.css"].into_iter().chain(SCRIPTS) {
        let file = ok(&api, path).await;
        assert!(file.headers["content-security-policy"].to_str().unwrap().contains("'none'"));
        assert_eq!(file.headers["x-content-type-options"], "nosniff");
        for outside in ["http://", "https://", "//cdn", "innerHTML", "import(", "eval("] {
            assert!(!file.text().contains(outside), "{path} has {outside}");
        }
    }
    for path in ["/", "/v1/docs", "/docs"] {
        let page = ok(&api, path).await;
        assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
        assert!(page.text().starts_with("<!doctype html>") && page.text().ends_with("</html>\n"));
    }
}

/// What stands between `before` and the next quotation mark, wherever it does.
fn quoted<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn the_explorer_finds_its_parts_under_a_policy_that_allows_no_other_script() {
    let api = Api::new();
    let page = ok(&api, "/").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    for inline in ["<style", "<script>", " style=", " onclick="] {
        assert!(!page.text().contains(inline), "{inline}");
    }
    let style = quoted(page.text(), "rel=\"stylesheet\" href=\"");
    assert_eq!(style, ["/explorer.css"]);
    assert_eq!(ok(&api, style[0]).await.headers["content-type"], "text/css; charset=utf-8");
    assert_eq!(quoted(page.text(), "src=\""), ["/explorer.js"]);
    let mut imported = Vec::new();
    for path in SCRIPTS {
        let script = ok(&api, path).await;
        assert_eq!(script.headers["content-type"], "text/javascript; charset=utf-8");
        imported.extend(quoted(script.text(), "from \"").into_iter().map(str::to_owned));
    }
    imported.sort();
    imported.dedup();
    assert_eq!(imported, ["/explorer-parts.js", "/explorer-sections.js"]);
}

#[tokio::test]
async fn a_browser_that_has_the_newest_is_told_so() {
    let api = Api::new();
    let first = ok(&api, "/explorer.js").await;
    assert_eq!(first.headers["cache-control"], "no-cache");
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let again = async |tag: &str| {
        let mut request = request(Method::GET, "/explorer.js", None, vec![]);
        request.headers_mut().insert(header::IF_NONE_MATCH, HeaderValue::from_str(tag).unwrap());
        api.send(request).await
    };
    for known in [tag.clone(), format!("\"other\", W/{tag}")] {
        let answer = again(&known).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0), "{known}");
        assert_eq!(answer.headers["etag"], tag.as_str());
    }
    assert_eq!(again("\"other\"").await.status, 200);
    let style = ok(&api, "/explorer.css").await;
    assert_ne!(style.headers["etag"], tag.as_str());
}

/// Every path in a script, up to where its query begins or something is appended to it.
#[tokio::test]
async fn the_explorer_asks_for_routes_that_there_are() {
    let api = Api::new();
    let document = althing_api::openapi();
    let routes: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    let mut asked = 0;
    for path in SCRIPTS.into_iter().chain(["/"]) {
        let file = ok(&api, path).await;
        for rest in quoted(file.text(), "\"/v1/") {
            let route = format!("/v1/{}", rest.split('?').next().unwrap());
            let appended = route.strip_suffix('/').map(|base| format!("{base}/{{"));
            let served = routes.iter().any(|one| match &appended {
                Some(base) => one.starts_with(base),
                None => **one == route,
            });
            assert!(served || route == "/v1/docs", "{path} asks for {route}");
            asked += 1;
        }
    }
    assert!(asked > 30, "{asked}");
}

/// Topics that sections listen to are topics of the stream.
#[tokio::test]
async fn the_explorer_listens_to_topics_that_there_are() {
    let api = Api::new();
    let script = ok(&api, "/explorer-sections.js").await;
    let lists = script.text().split("topics: [").skip(1);
    let names = lists.flat_map(|rest| rest.split(']').next().unwrap().split(','));
    let topics: Vec<&str> = names.map(|name| name.trim().trim_matches('"')).collect();
    assert!(topics.contains(&"energy") && topics.contains(&"task"), "{topics:?}");
    for topic in topics {
        let answer = api.get(&format!("/v1/events?topics={topic},nothing")).await;
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("\"nothing\""), "{message}");
    }
}
