//! Files in a bucket instead of a folder.

use crate::{
    house::{House, Ran, a_small_brief},
    s3::{Bucket, KEY},
};

const CREATE: [&str; 5] = ["create", "brief.yaml", "--out", "pack", "--yes"];

/// Makes the brief with its files in this bucket.
fn create(house: &House, bucket: &Bucket, name: &str) -> Ran {
    let [id, secret] = KEY;
    let mut command = house.handbill(&CREATE);
    command
        .env("HANDBILL_STORE__FILES", format!("s3://{name}/spring"))
        .env("HANDBILL_STORE__S3__ENDPOINT", bucket.endpoint())
        .env("AWS_ACCESS_KEY_ID", id)
        .env("AWS_SECRET_ACCESS_KEY", secret);
    Ran::from(command.output().unwrap())
}

#[test]
fn a_campaign_whose_files_are_in_a_bucket_is_the_same_campaign() {
    let (bucket, brief) = (Bucket::start(), a_small_brief("placements: [meta.feed_image]"));
    let (there, here) = (House::with(&brief), House::with(&brief));
    create(&there, &bucket, "campaigns").ended(0);
    here.run(&CREATE).ended(0);

    assert_eq!(there.files("pack").keys().collect::<Vec<_>>(), here.files("pack").keys().collect::<Vec<_>>());
    let picture = |house: &House| {
        let files = house.files("pack");
        files.into_iter().find(|(name, _)| name.ends_with(".jpg")).expect("a picture")
    };
    assert_eq!(picture(&there), picture(&here));
    let names = bucket.names();
    assert!(names.iter().all(|name| name.starts_with("spring/blobs/")) && names.len() > 2, "{names:?}");
    assert!(!there.path("data/files").exists(), "nothing is kept beside the rows");
}

#[test]
fn a_bucket_that_is_not_there_is_told_before_anything_is_made() {
    let house = House::with(&a_small_brief(""));
    let bucket = Bucket::start();
    let ran = create(&house, &bucket, "nobodys").ended(1);
    assert!(ran.err.contains("bucket nobodys at http://127.0.0.1:"), "{}", ran.err);
    assert!(ran.err.contains("there is no such bucket"), "{}", ran.err);
    assert!(!house.path("pack").exists());
}
